import type { LayerSpec } from '@neural-fields/core';
import { defineActivation, sin } from '@neural-fields/core/elementwise';
import { elementwise, type LayerDefinition, linear } from '@neural-fields/core/layers';
import { assertCount, describeValue } from '@neural-fields/core/options';
import { uniformParameter } from './affine.ts';

/** Sines with integer frequencies up to a limit: sin(pi k h + b). */
export interface BandLimitedSineSpec extends LayerSpec {
  readonly kind: 'band-limited-sine';
  readonly outFeatures: number;
  /** The highest frequency of each input feature, in cycles over [-1, 1], an integer >= 0. */
  readonly limit: number;
}

const wave = defineActivation({ kind: 'sine-of-phase', value: x => sin(x) });

/**
 * The filter of BACON: sin(h W + b), the frequencies W = pi k with integers k uniform in -limit ... limit, so that each
 * feature has period 2, and phases b ~ U(-pi, pi). Lindell et al. 2022, arXiv:2112.04645, section 3.1, where the period
 * is 1. The frequencies `weight` f32[inFeatures, outFeatures] are not trained; `bias` f32[outFeatures] is.
 */
export const bandLimitedSineLayer: LayerDefinition<BandLimitedSineSpec> = {
  kind: 'band-limited-sine',
  assertSpec({ outFeatures, limit }) {
    assertCount('band-limited-sine: outFeatures', outFeatures);
    if (!(Number.isSafeInteger(limit) && limit >= 0))
      throw new RangeError(`band-limited-sine: limit must be an integer >= 0, got ${describeValue(limit)}`);
  },
  apply(input, context) {
    const { outFeatures, limit } = context.spec;
    const weight = context.parameter('weight', {
      shape: [input.features, outFeatures],
      trained: false,
      initialise: rng =>
        Float32Array.from(
          { length: input.features * outFeatures },
          () => Math.PI * (rng.integer(2 * limit + 1) - limit),
        ),
    });
    const bias = uniformParameter(context, 'bias', [outFeatures], Math.PI);
    return elementwise(linear(input, weight, bias), wave);
  },
};
