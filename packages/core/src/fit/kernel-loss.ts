/**
 * @file Translates a term's loss for kernels: which blocks of the jet are penalised, against which columns of the
 *   targets.
 */
import type { KernelLoss, LossBlock } from '../backend/backend.ts';
import { blockCount } from '../backend/kernel-program.ts';
import type { DerivativePlan } from '../jets/request.ts';
import type { PointwiseLoss } from './pointwise-loss.ts';

/** The blocks of a part of the jet; `undefined` where the plan has no such part. */
const blocksOf = (
  part: 'value' | 'gradient' | 'laplacian',
  { inFeatures, order, laplacian }: DerivativePlan,
): { readonly first: number; readonly count: number } | undefined => {
  if (part === 'value') return { first: 0, count: 1 };
  if (part === 'gradient') return order >= 1 ? { first: 1, count: inFeatures } : undefined;
  return laplacian === undefined ? undefined : { first: 1 + inFeatures + laplacian, count: 1 };
};

/**
 * The loss for a kernel; `undefined` where the targets or the jet lack something that it needs, or have another shape:
 * the loss's own function then reports the error.
 *
 * @param targets the names and widths of the targets, in order
 */
export const kernelLossOf = (
  { errors, penalty, weight }: PointwiseLoss,
  plan: DerivativePlan,
  targets: readonly (readonly [name: string, width: number])[],
  outFeatures: number,
): KernelLoss | undefined => {
  const blocks: LossBlock[] = Array.from({ length: blockCount(plan) }, () => ({ factor: 0 }));
  const seen = new Set<number>();
  for (const { of, target, factor = 1 } of errors) {
    const place = blocksOf(of, plan);
    if (place === undefined || seen.has(place.first)) return undefined;
    seen.add(place.first);
    const index = targets.findIndex(([name]) => name === target);
    if (target !== undefined && targets[index]?.[1] !== place.count * outFeatures) return undefined;
    for (let k = 0; k < place.count; k++)
      blocks[place.first + k] = {
        factor: typeof factor === 'number' ? factor : factor(plan.inFeatures),
        ...(target !== undefined && { target: { index, column: k * outFeatures } }),
      };
  }
  const targetWidths = targets.map(([, width]) => width);
  if (weight === undefined) return { blocks, penalty, targetWidths };
  const weightIndex = targets.findIndex(([name]) => name === weight);
  return [1, outFeatures].includes(targetWidths[weightIndex] ?? 0)
    ? { blocks, penalty, targetWidths, weight: weightIndex }
    : undefined;
};
