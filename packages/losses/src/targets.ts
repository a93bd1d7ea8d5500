/** @file The targets of a batch, found by name and checked. */
import { mul, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/** The targets of a batch by name, each `f32[n, k]`. */
export type Targets = Readonly<Record<string, Tensor2D>>;

/** The target of that name. @throws RangeError when the points lack it, or when its width is none of `widths` */
export const findTarget = (
  loss: string,
  name: string,
  targets: Targets,
  { widths, as }: { readonly widths: readonly number[]; readonly as: string },
): Tensor2D => {
  const target = targets[name];
  if (target === undefined)
    throw new RangeError(`${loss}: the points have no target '${name}'; they have ${Object.keys(targets).join(', ') || 'none'}`);
  if (!widths.includes(target.shape[1])) {
    const wanted = widths.map(width => `[n, ${width}]`).join(' or ');
    throw new RangeError(`${loss}: target '${name}' must be ${wanted} ${as}, got [n, ${target.shape[1]}]`);
  }
  return target;
};

/** A target that is compared with the field's value. */
export const findValueTarget = (loss: string, name: string, targets: Targets, value: Tensor2D): Tensor2D =>
  findTarget(loss, name, targets, { widths: [value.shape[1]], as: "as the field's value" });

/** Losses `f32[n, o]` times a target that weighs them, where there is one: `f32[n, 1]` or `f32[n, o]`. */
export const weighted = (loss: string, losses: Tensor, targets: Targets, weight: string | undefined): Tensor => {
  if (weight === undefined) return losses;
  const widths = [...new Set([1, losses.shape[1] as number])];
  return mul(losses, findTarget(loss, weight, targets, { widths, as: 'to weigh the losses' }));
};
