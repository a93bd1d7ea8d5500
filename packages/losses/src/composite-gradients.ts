/** @file Targets for gradient-domain compositing: the gradients (or Laplacians) of several images made into one. */
import { assertCount, assertOptions } from '@neural-fields/core/options';

/** A weight of one image: a number, or a mask with one value per point. */
export type CompositeWeight = number | ArrayLike<number>;

/** The common length of all arrays. */
const commonLength = (caller: string, parts: readonly ArrayLike<number>[]): number => {
  const [first] = parts;
  if (first === undefined) throw new RangeError(`${caller}: at least one array is needed, got none`);
  for (const [index, { length }] of parts.entries())
    if (length !== first.length)
      throw new RangeError(
        `${caller}: all arrays must have ${first.length} values like the first, got ${length} in array ${index}`,
      );
  return first.length;
};

/**
 * The weighted sum of gradients: sum_i a_i(x) grad f_i(x), for example a grad f_1 + (1 - a) grad f_2.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.1. Binary masks cut and paste: Perez, Gangnet and Blake 2003,
 * "Poisson Image Editing", section 3. The weights are not normalised; they need not add up to 1. Any linear target can
 * be composed, including Laplacians.
 *
 * @param gradients each row-major `[n, width]`, flat, all of the same length
 * @param weights one for each gradient: a number, or a mask `[n]`
 * @returns row-major `[n, width]`, flat: a target for `poissonGradient`
 * @throws RangeError when the arrays differ in length, or the length is not a multiple of a mask's
 */
export const compositeGradients = (
  gradients: readonly ArrayLike<number>[],
  weights: readonly CompositeWeight[],
): Float32Array => {
  const length = commonLength('compositeGradients', gradients);
  if (weights.length !== gradients.length)
    throw new RangeError(
      `compositeGradients: ${gradients.length} weights are needed, one for each array, got ${weights.length}`,
    );
  const sum = new Float64Array(length);
  for (const [index, gradient] of gradients.entries()) {
    const weight = weights[index] as CompositeWeight;
    const points = typeof weight === 'number' ? 1 : weight.length;
    if (points === 0 || length % points !== 0)
      throw new RangeError(
        `compositeGradients: mask ${index} must have one value per point of ${length} gradient values, got ${points}`,
      );
    const width = length / points;
    for (let i = 0; i < length; i++)
      sum[i] =
        (sum[i] as number) +
        (gradient[i] as number) * (typeof weight === 'number' ? weight : (weight[Math.floor(i / width)] as number));
  }
  return Float32Array.from(sum);
};

/** The layout of the gradients. */
export interface MixedGradientsOptions {
  /** The number of coordinates, d; 2 if absent. */
  readonly coordinates?: number;
  /** The number of outputs, o; 1 if absent. */
  readonly channels?: number;
}

/**
 * Mixed seamless cloning: at each point and for each output the longest gradient; of equally long ones, the first.
 *
 * Perez, Gangnet and Blake 2003, "Poisson Image Editing", section 3 on mixing gradients.
 *
 * @param gradients each row-major `[n, d o]`, flat, that of output j along coordinate k in column k o + j; all of the
 *   same length
 * @returns row-major `[n, d o]`, flat: a target for `poissonGradient`. To clone only inside a mask, compose it with the
 *   background's gradient.
 * @throws RangeError when the arrays differ in length, or are not rows of d o values
 */
export const mixedGradients = (
  gradients: readonly ArrayLike<number>[],
  options: MixedGradientsOptions = {},
): Float32Array => {
  assertOptions('mixedGradients', options, { coordinates: 1, channels: 1 });
  const { coordinates = 2, channels = 1 } = options;

  assertCount('mixedGradients: coordinates', coordinates);
  assertCount('mixedGradients: channels', channels);
  const length = commonLength('mixedGradients', gradients);
  const width = coordinates * channels;
  if (length % width !== 0)
    throw new RangeError(`mixedGradients: the arrays must be rows of ${width} values, got ${length} values`);
  const result = new Float32Array(length);
  for (let row = 0; row < length; row += width)
    for (let c = 0; c < channels; c++) {
      let strongest = -1;
      for (const gradient of gradients) {
        let size = 0;
        for (let k = 0; k < coordinates; k++) size += (gradient[row + k * channels + c] as number) ** 2;
        if (size <= strongest) continue;
        strongest = size;
        for (let k = 0; k < coordinates; k++)
          result[row + k * channels + c] = gradient[row + k * channels + c] as number;
      }
    }
  return result;
};
