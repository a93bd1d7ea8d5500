import type { PointSource } from '@neural-fields/core';
import type { ArrayView } from '../arrays/array-view.ts';
import { pixels } from './pixels.ts';
import type { SampleOptions } from './samples.ts';
import { withReplacement } from './with-replacement.ts';

/**
 * `count` pixels per step, drawn uniformly with replacement: `withReplacement(pixels(image, options), { count })`.
 *
 * @throws RangeError, TypeError as `pixels` and `withReplacement`
 */
export const uniformPixels = (
  image: ArrayView,
  { count, ...options }: SampleOptions & { readonly count: number },
): PointSource => withReplacement(pixels(image, options), { count });
