import type { PointSource } from '@neural-fields/core';
import type { ArrayView } from '../arrays/array-view.ts';
import { type PixelOptions, pixels } from './pixels.ts';
import { withReplacement } from './with-replacement.ts';

/**
 * `count` pixels a step, drawn uniformly with replacement: `withReplacement(pixels(image, options), { count })`.
 *
 * @throws RangeError, TypeError as `pixels` and `withReplacement`
 */
export const uniformPixels = (
  image: ArrayView,
  { count, ...options }: PixelOptions & { readonly count: number },
): PointSource => withReplacement(pixels(image, options), { count });
