import type { LayerSpec } from '@neural-fields/core';
import { defineActivation, exp, mul, sin, square } from '@neural-fields/core/elementwise';
import {
  elementwise,
  type InitialiserDefinition,
  type LayerDefinition,
  linear,
  product,
} from '@neural-fields/core/layers';

/**
 * sin(W h + b) exp(-(V h + c)^2 / 2): a real Gabor filter, after Saragadam et al. 2023, arXiv:2301.05187, equation 3.
 */
export interface GaborSpec extends LayerSpec {
  readonly kind: 'gabor';
  readonly outFeatures: number;
}

const wave = defineActivation({ kind: 'wave', value: x => sin(x) });
const bell = defineActivation({ kind: 'bell', value: x => exp(mul(square(x), -0.5)) });

export const gabor: LayerDefinition<GaborSpec> = {
  kind: 'gabor',
  assertSpec({ outFeatures }) {
    if (!(Number.isInteger(outFeatures) && outFeatures >= 1))
      throw new RangeError(`gabor: outFeatures must be a positive integer, got ${String(outFeatures)}`);
  },
  apply(input, { spec: { outFeatures }, parameter }) {
    const declare = (role: string, shape: readonly number[], bound: number) =>
      parameter(role, {
        shape,
        initialise: rng =>
          Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => bound * (2 * rng.uniform() - 1)),
      });
    const affine = (name: string, bound: number) =>
      linear(
        input,
        declare(`${name}.weight`, [input.features, outFeatures], bound),
        declare(`${name}.bias`, [outFeatures], 1),
      );
    return product(elementwise(affine('frequency', 3), wave), elementwise(affine('window', 1), bell));
  },
};

/** An initialiser: all weights of one size, with a random sign. */
export const signs: InitialiserDefinition<{ readonly kind: 'signs'; readonly size: number }> = {
  kind: 'signs',
  fill(values, { size }, _context, rng) {
    for (let i = 0; i < values.length; i++) values[i] = rng.uniform() < 0.5 ? -size : size;
  },
};
