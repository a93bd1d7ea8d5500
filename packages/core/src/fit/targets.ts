/** @file Looks up and validates the targets of a batch. */
import { mul, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorBatch } from './term.ts';

/**
 * The target with a given name.
 *
 * @param as what determines the width, for the message: "as the field's value"
 * @throws RangeError when the points lack the target, or its width is not one of `widths`
 */
export const findTarget = (
  loss: string,
  name: string,
  targets: TensorBatch['targets'],
  { widths, as }: { readonly widths: readonly number[]; readonly as: string },
): Tensor2D => {
  const target = targets[name];
  if (target === undefined)
    throw new RangeError(
      `${loss}: the points have no target '${name}'; their targets: ${Object.keys(targets).join(', ') || 'none'}`,
    );
  if (!widths.includes(target.shape[1])) {
    const wanted = widths.map(width => `[n, ${width}]`).join(' or ');
    throw new RangeError(`${loss}: target '${name}' must be ${wanted} ${as}, got [n, ${target.shape[1]}]`);
  }
  return target;
};

/**
 * Losses `f32[n, o]` times a weight target `f32[n, 1]` or `f32[n, o]`, if there is one.
 *
 * @throws RangeError when the points lack the target, or its width is wrong
 */
export const weighted = (
  loss: string,
  losses: Tensor,
  targets: TensorBatch['targets'],
  weight: string | undefined,
): Tensor => {
  if (weight === undefined) return losses;
  const widths = [...new Set([1, losses.shape[1] as number])];
  return mul(losses, findTarget(loss, weight, targets, { widths, as: 'to weigh the losses' }));
};
