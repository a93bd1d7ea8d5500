/** @file The parameters of a field as numbers. */
import { createField, type Extensions, type Field, type FieldSpec } from '@neural-fields/core';

/** The parameters of a field as one vector `f32[P]` in the order of its layout. */
export const readParameters = async ({ layout, parameters }: Field): Promise<Float32Array> => {
  const flat = new Float32Array(layout.size);
  const read = layout.entries.map(async ({ name, offset }) => {
    const variable = parameters[name];
    if (variable) flat.set(await variable.data(), offset);
  });
  await Promise.all(read);
  return flat;
};

/** A field with the parameters of a vector `f32[P]`; the caller disposes of it. */
export const fieldOf = (spec: FieldSpec, extensions: Extensions, layout: Field['layout'], flat: Float32Array): Field =>
  createField(spec, {
    extensions,
    parameters: Object.fromEntries(layout.entries.map(({ name }) => [name, layout.view(flat, name)])),
  });
