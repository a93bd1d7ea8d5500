import type { FieldData } from '../../src/files/field-data.ts';
import type { ShapedArray } from '../../src/files/safetensors.ts';
import { createRng } from '../../src/random.ts';
import type { FieldSpec } from '../../src/spec/field-spec.ts';
import { siren } from '../../src/spec/networks.ts';
import { parameterLayout } from '../../src/spec/spec.ts';

/** The parameters of a spec, drawn from the standard normal distribution. */
export const randomParameters = (spec: FieldSpec, seed: number): Map<string, ShapedArray<Float32Array>> => {
  const rng = createRng(seed);
  return new Map(
    parameterLayout(spec).entries.map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).map(() => rng.normal());
      return [name, { shape, data }];
    }),
  );
};

/** A small field with random parameters from a seed. */
export const exampleField = (seed = 1): FieldData => {
  const spec = siren({ inFeatures: 2, outFeatures: 3, hiddenFeatures: 4, hiddenLayers: 1 });
  return { spec, parameters: randomParameters(spec, seed) };
};
