import type { PointSource } from '@neural-fields/core';
import type { ArrayView } from '../arrays/array-view.ts';
import { pixels } from './pixels.ts';
import type { SampleOptions } from './samples.ts';
import { withoutReplacement } from './without-replacement.ts';

/**
 * `count` distinct pixels per step, in random order: `withoutReplacement(pixels(image, options), { count })`.
 *
 * @throws RangeError, TypeError as `pixels` and `withoutReplacement`
 */
export const shuffledPixels = (
  image: ArrayView,
  { count, ...options }: SampleOptions & { readonly count: number },
): PointSource => withoutReplacement(pixels(image, options), { count });
