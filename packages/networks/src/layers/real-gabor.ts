import type { LayerSpec } from '@neural-fields/core';
import { cos, defineActivation, exp, mul, neg, square } from '@neural-fields/core/elementwise';
import { elementwise, type LayerDefinition, product } from '@neural-fields/core/layers';
import { assertCount, assertPositive } from '@neural-fields/core/options';
import { affine } from './affine.ts';

/** A layer of WIRE with real features: cos(omega (h W + b)) exp(-(scale (h V + c))^2). */
export interface RealGaborSpec extends LayerSpec {
  readonly kind: 'real-gabor';
  readonly outFeatures: number;
  readonly omega: number;
  readonly scale: number;
}

const wave = defineActivation({
  kind: 'gabor-wave',
  parameters: { omega: 1 },
  steepness: ({ omega }) => omega,
  value: (x, { omega }) => cos(mul(x, omega)),
});

const window = defineActivation({
  kind: 'gabor-window',
  parameters: { scale: 1 },
  steepness: ({ scale }) => scale,
  value: (x, { scale }) => exp(neg(square(mul(x, scale)))),
});

/**
 * The real layer of WIRE: Saragadam et al. 2023, arXiv:2301.05187, and `RealGaborLayer` in the authors' code. The
 * frequency and the window have weights of their own: `frequency.weight`, `window.weight` f32[inFeatures, outFeatures],
 * `frequency.bias` and `window.bias` f32[outFeatures].
 */
export const realGaborLayer: LayerDefinition<RealGaborSpec> = {
  kind: 'real-gabor',
  assertSpec({ outFeatures, omega, scale }) {
    assertCount('real-gabor: outFeatures', outFeatures);
    assertPositive('real-gabor: omega', omega);
    assertPositive('real-gabor: scale', scale);
  },
  apply(input, context) {
    const { outFeatures, omega, scale } = context.spec;
    return product(
      elementwise(affine(input, outFeatures, context, 'frequency.'), wave, { omega }),
      elementwise(affine(input, outFeatures, context, 'window.'), window, { scale }),
    );
  },
  keepUnits: (spec, kept) => ({ ...spec, outFeatures: kept.length }),
};
