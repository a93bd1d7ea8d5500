/** @file The targets of a batch, found by name and checked. */
import { mul, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorBatch } from './term.ts';

/**
 * The target of that name.
 *
 * @param as what the width follows, for the message: "as the field's value"
 * @throws RangeError when the points lack it, or when its width is none of `widths`
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
      `${loss}: the points have no target '${name}'; they have ${Object.keys(targets).join(', ') || 'none'}`,
    );
  if (!widths.includes(target.shape[1])) {
    const wanted = widths.map(width => `[n, ${width}]`).join(' or ');
    throw new RangeError(`${loss}: target '${name}' must be ${wanted} ${as}, got [n, ${target.shape[1]}]`);
  }
  return target;
};

/**
 * Losses `f32[n, o]` times a target that weighs them, where there is one: `f32[n, 1]` or `f32[n, o]`.
 *
 * @throws RangeError when the points lack it, or when its width is another
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
