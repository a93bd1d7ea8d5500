import type { PointLoss } from '@neural-fields/core';
import { squaredDifference, type Tensor2D } from '@tensorflow/tfjs-core';

/** The options of {@link mse}. */
export interface MseOptions {
  /** The name of the target among those of the points; `value` if absent. */
  readonly target?: string;
  /** The width of the interval that the target's values lie in, for the PSNR; 2 if absent, as for values in [-1, 1]. */
  readonly dataRange?: number;
}

/**
 * The mean squared error between the field's value and a target: (Phi(x) - f(x))^2, averaged over points and outputs.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 3.1 (the image loss). Its metric `psnr` is 10 log10(dataRange^2 / mse), in decibels.
 *
 * @throws RangeError when `dataRange` is not a positive number; when evaluated, if the points lack the target or its width is not the field's
 */
export const mse = ({ target = 'value', dataRange = 2 }: MseOptions = {}): PointLoss => {
  if (!(Number.isFinite(dataRange) && dataRange > 0))
    throw new RangeError(`mse: dataRange must be a positive number, got ${dataRange}`);
  const pointwise: PointLoss = ({ value }, { targets }) => squaredDifference(value, findTarget('mse', target, targets, value));
  return Object.assign(pointwise, { metrics: { psnr: (loss: number) => 10 * Math.log10(dataRange ** 2 / loss) } });
};

/** The target of that name, when it has the shape of what it is compared with. */
const findTarget = (loss: string, name: string, targets: Readonly<Record<string, Tensor2D>>, like: Tensor2D): Tensor2D => {
  const target = targets[name];
  if (target === undefined)
    throw new RangeError(`${loss}: the points have no target '${name}'; they have ${Object.keys(targets).join(', ') || 'none'}`);
  if (target.shape[1] !== like.shape[1])
    throw new RangeError(
      `${loss}: target '${name}' must be [n, ${like.shape[1]}] as the field's value, got [n, ${target.shape[1]}]`,
    );
  return target;
};
