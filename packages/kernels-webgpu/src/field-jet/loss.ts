/** @file A pointwise loss and its gradient: forward pass, loss and reverse pass in one go, on activations that stay on the device. */
import type { KernelLoss, LossScale } from '@neural-fields/core/kernels';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import type { FieldKernels } from '../device/kernels.ts';
import { floatBits } from '../device/plan.ts';
import { pointwiseLoss, targetSize } from '../wgsl/last-layer.ts';
import { sumList } from '../wgsl/reduce.ts';
import { type Batch, batchesOf, batchSize } from './batches.ts';
import { inputCopies, vectorCopies } from './copies.ts';
import { type FieldProgram, lastRegister, multiplicationsOf } from './field-program.ts';
import { formatOf, type ProgramFormat } from './format.ts';
import { forwardPart, type Part, registerSlots } from './forward-plan.ts';
import { joinParts } from './join.ts';
import { type LastStep, lastLayerStep } from './last-step.ts';
import type { ParameterRegions } from './regions.ts';
import { reversePart } from './reverse-plan.ts';

/** A loss that was compiled. */
export interface FieldLoss extends KernelLoss {
  /** A text that no other compiled loss has: plans are named by it. */
  readonly key: string;
}

/** Where each target begins in the buffer `targets`, and the length of all. */
const placeTargets = (
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
  { points, format, scale }: { readonly points: number; readonly format: ProgramFormat; readonly scale: LossScale },
): LastStep & { readonly sums: number } => {
  const { layer, format: zFormat, sizes, groups, workgroups, bindings } = lastLayerStep(program, regions, { points, format });
  const { starts, length } = placeTargets(loss.targetWidths, points);
  const shader = pointwiseLoss(loss, layer, program.jet, zFormat);
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

/** The sum of what the workgroups left in `lossSums`, to the buffer `loss`. */
const totalPart = (count: number, continues: boolean): Part => ({
  slots: { loss: 1 },
  steps: [
    {
      shader: sumList,
      sizes: { count, continues: Number(continues) },
      bindings: { sums: { slot: 'lossSums' }, total: { slot: 'loss' } },
      groups: [1, 1, 1],
    },
  ],
});

/**
 * The loss `f32[]`.
 *
 * @param inputs those of the program
 * @param gradient gets its derivatives with respect to the parameters
 * @param targets each `f32[n, k]`
 */
export const fieldLoss = (
  kernels: FieldKernels,
  program: FieldProgram,
  regions: ParameterRegions,
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
  const total = (inputs[0] as TensorInfo).shape[0] as number;
  const sum = kernels.makeTensor([]);
  const batches = batchesOf(total, batchSize(program, kernels.device.limits, { batchBytes: kernels.batchBytes, format }));
  const targetCopies = ({ start, count }: Batch): Copy[] => {
    const { starts } = placeTargets(widths, count);
    return targets.map((tensor, index) => {
      const width = widths[index] as number;
      const slotOffset = starts[index] as number;
      return { tensor, tensorOffset: start * width, slot: 'targets', slotOffset, length: count * width };
    });
  };
  for (const [index, batch] of batches.entries()) {
    const points = batch.count;
    const continues = index > 0;
    const isLast = index === batches.length - 1;
    kernels.record({
      key: `loss ${points},${continues},${scale.loss},${scale.gradient} ${key}`,
      plan: () => {
        const last = lossStep(program, regions, loss, { points, format, scale });
        return joinParts(
          forwardPart(program, regions, { points, keeps: true, style, format }),
          reversePart(program, regions, { points, style, format, continues, reachesInput: false, last }),
          totalPart(last.sums, continues),
        );
      },
      before: [
        ...inputCopies(program, inputs, 'input', batch),
        ...(index === 0 ? vectorCopies(regions.reads, parameters, 'parameters') : []),
        ...targetCopies(batch),
      ],
      after: isLast
        ? [
            ...vectorCopies(regions.writes, gradient, 'gradient'),
            { tensor: sum, tensorOffset: 0, slot: 'loss', slotOffset: 0, length: 1 },
          ]
        : [],
      cost: 3 * multiplicationsOf(program, points),
    });
  }
  return sum;
};
