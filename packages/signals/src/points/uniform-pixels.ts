import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import { pixels } from './pixels.ts';
import type { SampleOptions } from './samples.ts';
import { withReplacement } from './with-replacement.ts';

/**
 * `count` pixels per step, drawn uniformly with replacement: `withReplacement(pixels(image, options), { count })`.
 *
 * @throws RangeError, TypeError as `pixels` and `withReplacement`
 */
export const uniformPixels = (image: ArrayView, given: SampleOptions & { readonly count: number }): PointSource => {
  assertOptions('uniformPixels', given, {
    convention: 1,
    aspect: 1,
    spans: 1,
    valueScale: 1,
    range: 1,
    targets: 1,
    count: 1,
  });
  const { count, ...options } = given;
  return withReplacement(pixels(image, options), { count });
};
