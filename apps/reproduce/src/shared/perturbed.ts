/** @file Fields whose parameters are moved in random directions. */
import { createField, type Field, type Rng } from '@neural-fields/core';

const lengthOf = (arrays: readonly Float32Array[]): number =>
  Math.sqrt(arrays.reduce((sum, values) => values.reduce((part, value) => part + value ** 2, sum), 0));

/**
 * A field with the parameters theta + distance |theta| u, where u is a random direction of length 1. The caller
 * disposes of it.
 */
export const perturbedField = async (field: Field, distance: number, rng: Rng): Promise<Field> => {
  const names = Object.keys(field.parameters);
  const theta = await Promise.all(
    Object.values(field.parameters).map(async variable => Float32Array.from(await variable.data())),
  );
  const moves = theta.map(values => values.map(() => rng.normal()));
  const scale = (distance * lengthOf(theta)) / lengthOf(moves);
  const parameters = Object.fromEntries(
    names.map((name, place) => [
      name,
      (theta[place] as Float32Array).map((value, i) => value + scale * ((moves[place] as Float32Array)[i] as number)),
    ]),
  );
  return createField(field.spec, { parameters, extensions: field.extensions });
};
