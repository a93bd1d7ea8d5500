import type { LayerSpec } from '@neural-fields/core';
import { defineActivation, exp, neg, square } from '@neural-fields/core/elementwise';
import { columns, constantFeatures, elementwise, type LayerDefinition, product, sum } from '@neural-fields/core/layers';
import { assertCount, assertPositive } from '@neural-fields/core/options';
import { uniformParameter } from './affine.ts';

/** The basis functions of the SIREN authors' code: exp(-(steepness |h - c|^2)^2), with learned centres. */
export interface QuarticRbfSpec extends LayerSpec {
  readonly kind: 'quartic-rbf';
  readonly outFeatures: number;
  /** The initial steepness of all functions, which are one half at a distance of sqrt(0.833 / steepness). */
  readonly steepness: number;
}

const bell = defineActivation({ kind: 'bell-of-square', value: x => exp(neg(square(x))) });

/**
 * The basis functions of Sitzmann et al. 2020, arXiv:2006.09661, section 4, as in the authors' code, where the squared
 * distance is squared once more: flat at the centre, unlike a Gaussian. Parameters: `centres` f32[outFeatures, d],
 * initially U(-1, 1), and `steepness` f32[outFeatures].
 */
export const quarticRbfLayer: LayerDefinition<QuarticRbfSpec> = {
  kind: 'quartic-rbf',
  assertSpec({ outFeatures, steepness }) {
    assertCount('quartic-rbf: outFeatures', outFeatures);
    assertPositive('quartic-rbf: steepness', steepness);
  },
  apply(input, context) {
    const { outFeatures, steepness } = context.spec;
    const centres = uniformParameter(context, 'centres', [outFeatures, input.features], 1);
    const scale = context.parameter('steepness', {
      shape: [outFeatures],
      initialise: () => new Float32Array(outFeatures).fill(steepness),
    });
    const squares = Array.from({ length: input.features }, (_, i) => {
      const axis = columns(input, { count: outFeatures, column: () => i });
      const offset = sum([axis, constantFeatures(input, centres, i)], [1, -1]);
      return product(offset, offset);
    });
    return elementwise(product(sum(squares), constantFeatures(input, scale)), bell);
  },
};
