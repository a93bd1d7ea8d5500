import type { LayerSpec } from '@neural-fields/core';
import { type LayerDefinition, product, sum } from '@neural-fields/core/layers';

/** Blends two branches by a gate: (1 - g) a + g b. */
export interface BlendSpec extends LayerSpec {
  readonly kind: 'blend';
  readonly branches: readonly [a: LayerSpec, b: LayerSpec];
  readonly gate: LayerSpec;
}

export const blend: LayerDefinition<BlendSpec> = {
  kind: 'blend',
  apply(input, { spec: { branches, gate }, layer }) {
    const [a, b] = branches.map((branch, index) => layer(branch, `branches.${index}`, input));
    if (a === undefined || b === undefined) throw new RangeError(`blend: must have 2 branches, got ${branches.length}`);
    return sum([a, product(layer(gate, 'gate', input), sum([b, a], [1, -1]))]);
  },
};
