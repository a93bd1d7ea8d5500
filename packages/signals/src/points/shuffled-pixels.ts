import type { PointSource } from '@neural-fields/core';
import type { ArrayView } from '../arrays/array-view.ts';
import { type PixelOptions, pixels } from './pixels.ts';
import { withoutReplacement } from './without-replacement.ts';

/**
 * `count` different pixels a step, in random order: `withoutReplacement(pixels(image, options), { count })`.
 *
 * @throws RangeError, TypeError as `pixels` and `withoutReplacement`
 */
export const shuffledPixels = (
  image: ArrayView,
  { count, ...options }: PixelOptions & { readonly count: number },
): PointSource => withoutReplacement(pixels(image, options), { count });
