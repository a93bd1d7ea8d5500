/** @file The input frequencies of a sinusoidal field. */
import type { Field } from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { assertOptions } from '@neural-fields/core/options';
import { fieldOf, readParameters } from '../field-values.ts';
import type { Resized } from '../remove-units.ts';
import { withLayerAt } from '../remove-units.ts';
import { definitionAt } from '../selection.ts';
import { type Structure, structureOf } from '../structure.ts';
import { type AddUnitsOptions, grow } from './add-units.ts';

/** The input frequencies of a field. */
export interface InputFrequencies {
  /** The path of their layer; its units are the frequencies. */
  readonly layer: string;
  /** The angular frequency of each unit, `[units][inFeatures]` in radians per unit of the coordinate. */
  readonly frequencies: readonly (readonly number[])[];
}

/** The factor of a dense layer's sine that is not learned; `undefined` for other layers. */
const omegaOf = (spec: object): number | undefined => {
  const { kind, activation } = spec as Partial<DenseSpec>;
  if (kind !== 'dense' || activation?.kind !== 'sine' || (activation.learnable ?? []).length > 0) return undefined;
  return (activation['omega'] as number | undefined) ?? 1;
};

const FIRST = 'layers.0';

/** The input frequencies of a network with given parameters. @throws TypeError when its first layer has none */
export const frequenciesOf = (what: string, structure: Structure, flat: Float32Array): InputFrequencies => {
  const at = definitionAt(structure, FIRST);
  const own = at?.definition.frequencies?.read(at.spec, at.place);
  const { layout } = structure.network;
  const weight = layout.has(`${FIRST}.weight`) ? layout.entry(`${FIRST}.weight`) : undefined;
  const omega = at && omegaOf(at.spec);
  if (weight && (own || omega !== undefined)) {
    const values = layout.view(flat, weight.name);
    const [rows = 0, columns = 0] = weight.shape;
    return {
      layer: FIRST,
      frequencies: Array.from({ length: columns }, (_, j) =>
        Array.from({ length: rows }, (_, i) => (omega ?? 1) * (values[i * columns + j] as number)),
      ),
    };
  }
  if (own) return { layer: FIRST, frequencies: own };
  throw new TypeError(
    `${what}: the field must begin with a layer of sines or of frequencies, got '${at?.spec.kind ?? 'no layer'}'`,
  );
};

/**
 * The input frequencies of a field: those of its first layer, which is a dense one with a sine, or one whose definition
 * has `frequencies`, such as a periodic layer or Fourier features.
 *
 * @throws TypeError when its first layer is another one
 */
export const inputFrequencies = async (field: Field): Promise<InputFrequencies> =>
  frequenciesOf('inputFrequencies', structureOf(field.spec, field.extensions), await readParameters(field));

/** Adds input frequencies to a network with given parameters. */
export const growFrequencies = (
  what: string,
  structure: Structure,
  flat: Float32Array,
  frequencies: readonly (readonly number[])[],
  seed: number,
): Resized => {
  const { inFeatures } = structure.spec;
  for (const frequency of frequencies)
    if (frequency.length !== inFeatures || !frequency.every(Number.isFinite))
      throw new RangeError(
        `${what}: frequencies must be ${inFeatures} finite numbers each, got ${JSON.stringify(frequency)}`,
      );
  const { layer, frequencies: known } = frequenciesOf(what, structure, flat);
  const { definition, spec, place } = definitionAt(structure, layer) as NonNullable<ReturnType<typeof definitionAt>>;
  const counts = new Map([[layer, frequencies.length]]);
  const change = (to: object): Resized =>
    grow(what, structure, flat, { spec: withLayerAt(structure.spec, layer, to), counts, seed });
  if (definition.frequencies) return change(definition.frequencies.add(spec, frequencies, place));
  const omega = omegaOf(spec) as number;
  const wider = definition.addUnits?.(spec, frequencies.length, place) ?? spec;
  const grown = change(wider);
  // A dense layer has its frequencies as weights.
  const entry = grown.field.layout.entry(`${layer}.weight`);
  const columns = entry.shape[1] as number;
  const set = (vector: Float32Array): Float32Array => {
    for (const [k, frequency] of frequencies.entries())
      for (const [i, component] of frequency.entries())
        vector[entry.offset + i * columns + known.length + k] = component / omega;
    return vector;
  };
  const isValue = (of: string): boolean => of === 'parameters' || of === 'average';
  const map: Resized['map'] = (vector, of) => (isValue(of) ? set(grown.map(vector, of)) : grown.map(vector, of));
  const { spec: next, layout } = grown.field;
  grown.field.dispose();
  return { field: fieldOf(next, structure.extensions, layout, map(flat, 'parameters')), map };
};

/**
 * The field with further input frequencies, which nothing reads yet: its output does not change. Their phases begin
 * with the layer's initial values.
 *
 * @param frequencies angular ones, `[count][inFeatures]` in radians per unit of the coordinate; a periodic layer rounds
 *   them to multiples of its lowest one
 * @throws RangeError when a frequency has another number of components, TypeError when the first layer of the field has
 *   no frequencies
 */
export const addFrequencies = async (
  field: Field,
  frequencies: readonly (readonly number[])[],
  options: AddUnitsOptions = {},
): Promise<Resized> => {
  assertOptions('addFrequencies', options, { seed: 1 });
  const structure = structureOf(field.spec, field.extensions);
  return growFrequencies('addFrequencies', structure, await readParameters(field), frequencies, options.seed ?? 0);
};
