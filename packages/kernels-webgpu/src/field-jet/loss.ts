/** @file A pointwise loss and its gradient: forward pass, loss and reverse pass in one go, on activations that stay on the device. */
import type { LossScale } from '@neural-fields/core/kernels';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import type { FieldKernels } from '../device/kernels.ts';
import { floatBits } from '../device/plan.ts';
import type { JetFormat } from '../wgsl/jet-format.ts';
import { type NetworkLoss, pointwiseLoss, targetSize } from '../wgsl/last-layer.ts';
import { sumList } from '../wgsl/reduce.ts';
import { type Batch, batchesOf, batchSize, multiplicationsOf } from './batches.ts';
import { type FlatVector, gradientCopies, inputCopies, vectorCopies } from './copies.ts';
import { formatOf } from './format.ts';
import { activationSlot, forwardPart, type Part } from './forward-plan.ts';
import { joinParts } from './join.ts';
import { type ParameterRegions, parameterRegions } from './regions.ts';
import { type LastStep, lastLayerStep, reversePart } from './reverse-plan.ts';

/** A loss with the factors of this evaluation. */
interface FieldLoss extends NetworkLoss {
  /** A text that no other compiled loss has: plans are named by it. */
  readonly key: string;
  readonly scale: LossScale;
}

interface LossBatch {
  readonly points: number;
  readonly continues: boolean;
  readonly format: JetFormat;
  /** The numbers of each target for one point. */
  readonly widths: readonly number[];
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
  loss: FieldLoss,
  regions: ParameterRegions,
  { points, widths, format }: LossBatch,
): LastStep & { readonly sums: number } => {
  const { network, scale } = loss;
  const { sizes, groups, workgroups, bindings } = lastLayerStep(network, regions, points);
  const { starts, length } = placeTargets(widths, points);
  const shader = pointwiseLoss(loss, widths, format);
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
        outputs: { slot: activationSlot(network.layers.length - 1, true) },
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
 * @param input coordinates `f32[n, d]`, or the jets of an encoding
 * @param gradient gets its derivatives with respect to the parameters
 * @param targets each `f32[n, k]`
 */
export const fieldLoss = (
  kernels: FieldKernels,
  loss: FieldLoss,
  input: readonly TensorInfo[],
  {
    parameters,
    targets,
    gradient,
  }: { readonly parameters: FlatVector; readonly targets: readonly TensorInfo[]; readonly gradient: FlatVector },
): TensorInfo => {
  const { network, scale, key } = loss;
  const { style } = kernels;
  const format = formatOf(network, kernels.halfPrecision);
  const total = (input[0] as TensorInfo).shape[0] as number;
  const regions = parameterRegions(network);
  const widths = targets.map(({ shape }) => shape[1] as number);
  const sum = kernels.makeTensor([]);
  const batches = batchesOf(total, batchSize(network, kernels.device.limits, { batchBytes: kernels.batchBytes, format }));
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
        const last = lossStep(loss, regions, { points, continues, widths, format });
        return joinParts(
          forwardPart(network, regions, { points, keeps: true, style, format }),
          reversePart(network, regions, { points, style, format, continues, reachesInput: false, last }),
          totalPart(last.sums, continues),
        );
      },
      before: [
        ...inputCopies(network, input, 'input', batch),
        ...(index === 0 ? vectorCopies(regions, parameters) : []),
        ...targetCopies(batch),
      ],
      after: isLast
        ? [...gradientCopies(regions, gradient), { tensor: sum, tensorOffset: 0, slot: 'loss', slotOffset: 0, length: 1 }]
        : [],
      cost: 3 * multiplicationsOf(network, points),
    });
  }
  return sum;
};
