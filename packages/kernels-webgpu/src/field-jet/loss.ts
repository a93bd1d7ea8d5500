/**
 * @file A pointwise loss and its gradient: forward pass, loss and backward pass at once, with activations that stay on
 *   the device.
 */
import type { KernelLoss, LossScale } from '@neural-fields/core/kernels';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import type { FieldKernels } from '../device/kernels.ts';
import { floatBits } from '../device/plan.ts';
import { pointwiseLoss, targetPitch, targetSize } from '../wgsl/last-layer.ts';
import { sumList } from '../wgsl/reduce.ts';
import { backwardPart } from './backward-plan.ts';
import type { Batch } from './batches.ts';
import { inputCopies, isShared, pointCopy, vectorCopies } from './copies.ts';
import { type FieldProgram, lastRegister, multiplicationsOf } from './field-program.ts';
import { formatOf } from './format.ts';
import { forwardPart, type Part, registerSlots } from './forward-plan.ts';
import { batchesOn, gradientCopies } from './jet.ts';
import { joinParts } from './join.ts';
import { type LastStep, lastLayerStep } from './last-step.ts';
import { workgroupsOf } from './ops/groups.ts';
import type { PassOptions } from './ops/operation-kernels.ts';
import type { ParameterRegions } from './regions.ts';

/** A compiled loss. */
export interface FieldLoss extends KernelLoss {
  /** A unique key of the compiled loss, used in the keys of plans. */
  readonly key: string;
}

/** The start of each target in the buffer `targets`, and its total length. */
const layOutTargets = (
  widths: readonly number[],
  points: number,
): { readonly starts: readonly number[]; readonly length: number } => {
  let length = 0;
  const starts = widths.map(width => {
    length += width * points;
    return length - width * points;
  });
  return { starts, length };
};

const lossStep = (
  program: FieldProgram,
  regions: ParameterRegions,
  loss: FieldLoss,
  {
    points,
    fields,
    format,
    scale,
    shared,
  }: Pick<PassOptions, 'points' | 'fields' | 'format'> & {
    readonly scale: LossScale;
    readonly shared: readonly boolean[];
  },
): LastStep & { readonly sums: number } => {
  const perField = program.fields !== undefined;
  const {
    layer,
    format: zFormat,
    sizes,
    groups,
    bindings,
  } = lastLayerStep(program, regions, { points, fields, format, perField });
  const { starts, length } = layOutTargets(loss.targetWidths, points);
  const shader = pointwiseLoss(loss, layer, program.jet, { format: zFormat, perField });
  const workgroups = workgroupsOf({ groups });
  const usesTargets = shader.storage.some(({ name }) => name === 'targets');
  return {
    sums: workgroups,
    slots: { targets: length, lossSums: workgroups },
    step: {
      shader,
      sizes: {
        ...sizes,
        lossScale: floatBits(scale.loss),
        gradientScale: floatBits(scale.gradient),
        ...Object.fromEntries(starts.map((start, index) => [targetSize(index), start])),
        ...Object.fromEntries(shared.map((isShared, index) => [targetPitch(index), isShared ? 0 : points / fields])),
      },
      bindings: {
        ...bindings,
        outputs: { slot: registerSlots(program, true)[lastRegister(program)] as string },
        ...(usesTargets && { targets: { slot: 'targets' } }),
        lossSums: { slot: 'lossSums' },
      },
      groups,
    },
  };
};

/** Sums the partial losses of each field's workgroups, in `lossSums`, to the buffer `loss`. */
const totalPart = (workgroups: number, fields: number, continues: boolean): Part => ({
  slots: { loss: fields },
  steps: [
    {
      shader: sumList,
      sizes: { count: workgroups / fields, continues: Number(continues) },
      bindings: { sums: { slot: 'lossSums' }, total: { slot: 'loss' } },
      groups: [fields, 1, 1],
    },
  ],
});

/**
 * The loss `f32[]`; for many fields `f32[b]`.
 *
 * @param regionsOf the parameter layout for a number of fields
 * @param inputs tensors of the program's inputs
 * @param gradient receives the gradient of the loss, or of the sum of losses, with respect to the parameters
 * @param targets each `f32[n, k]`; for many fields `f32[b, n, k]`, or `f32[n, k]` if all share it
 */
export const fieldLoss = (
  kernels: FieldKernels,
  program: FieldProgram,
  regionsOf: (fields: number) => ParameterRegions,
  {
    loss,
    scale,
    inputs,
    parameters,
    targets,
    gradient,
  }: {
    readonly loss: FieldLoss;
    readonly scale: LossScale;
    readonly inputs: readonly TensorInfo[];
    readonly parameters: TensorInfo;
    readonly targets: readonly TensorInfo[];
    readonly gradient: TensorInfo;
  },
): TensorInfo => {
  const { targetWidths: widths, key } = loss;
  const { style } = kernels;
  const format = formatOf(program, kernels.halfPrecision);
  const sum = kernels.makeTensor(program.fields === undefined ? [] : [program.fields]);
  const batches = batchesOn(kernels, program, { inputs, format });
  const sharesCoords = isShared(program, inputs[0]);
  const shared = targets.map(target => isShared(program, target));
  const targetCopies = (batch: Batch): Copy[] => {
    const { starts } = layOutTargets(widths, batch.count);
    return targets.map((tensor, index) => {
      const target = {
        tensor,
        slot: 'targets',
        slotOffset: starts[index] as number,
        features: widths[index] as number,
      };
      return pointCopy(program, target, batch);
    });
  };
  for (const [index, batch] of batches.entries()) {
    const points = batch.count;
    const { start: field, count: fields } = batch.fields;
    const regions = regionsOf(fields);
    const continues = { shared: index > 0, own: !batch.begins };
    const isLast = index === batches.length - 1;
    const variant = [
      points,
      fields,
      sharesCoords,
      ...shared,
      continues.shared,
      continues.own,
      scale.loss,
      scale.gradient,
    ];
    kernels.record({
      key: `loss ${variant.join()} ${key}`,
      plan: () => {
        const last = lossStep(program, regions, loss, { points, fields, format, scale, shared });
        return joinParts(
          forwardPart(program, regions, { points, fields, sharesCoords, keeps: true, style, format }),
          backwardPart(program, regions, { points, fields, style, format, continues, reachesInput: false, last }),
          totalPart(last.sums, fields, continues.own),
        );
      },
      before: [
        ...inputCopies(program, inputs, 'input', batch),
        ...(batch.begins ? vectorCopies(regions.reads, { tensor: parameters, slot: 'parameters' }, batch) : []),
        ...targetCopies(batch),
      ],
      after: [
        ...gradientCopies(regions, gradient, { batch, isLast }),
        ...(batch.ends ? [{ tensor: sum, tensorOffset: field, slot: 'loss', slotOffset: 0, length: fields }] : []),
      ],
      cost: 3 * multiplicationsOf(program, points),
    });
  }
  return sum;
};
