import type { LayerSpec } from '@neural-fields/core';
import { concat, constantFeatures, type LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertPositive } from '@neural-fields/core/options';

/** The input with a learned code after it, the same at all points. */
export interface LatentSpec extends LayerSpec {
  readonly kind: 'latent';
  /** The length of the code. */
  readonly features: number;
  /** The standard deviation of its initial values. */
  readonly spread: number;
}

/**
 * Concatenates a learned code to the input: the auto-decoder of Park et al. 2019, arXiv:1901.05103, section 4. The code
 * is the parameter `latent` f32[features] of the group `latent`, with initial values N(0, spread^2). In a batch of
 * fields with `own: [{ role: 'latent' }]`, each has a code of its own, and the network is shared.
 */
export const latentLayer: LayerDefinition<LatentSpec> = {
  kind: 'latent',
  assertSpec({ features, spread }) {
    assertCount('latent: features', features);
    assertPositive('latent: spread', spread);
  },
  apply(input, { spec: { features, spread }, parameter }) {
    const code = parameter('latent', {
      shape: [features],
      group: 'latent',
      initialise: rng => Float32Array.from({ length: features }, () => spread * rng.normal()),
    });
    return concat([input, constantFeatures(input, code)]);
  },
};
