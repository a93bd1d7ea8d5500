/** @file Structural removal: a smaller field from a field. */
import type { Extensions, Field, FieldSpec, FitVector } from '@neural-fields/core';
import { parseSpec } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { fieldOf, readParameters } from './field-values.ts';
import { featureMeans, foldMeans, readersOf } from './means.ts';
import { type Transfer, transferOf, transferVector } from './resize.ts';
import { definitionAt, followsInput, selectUnits, type UnitIndices } from './selection.ts';
import { type Structure, structureOf, type Unit } from './structure.ts';

/** A field of another size, made from a field. */
export interface Resized {
  /** The new field; the caller disposes of it. */
  readonly field: Field;
  /**
   * Maps a vector `f32[P]` of the old field to one of the new field: its parameters, a moment of an optimizer, an
   * average. It is the `map` of an adaptation of `fit`.
   */
  map(vector: Float32Array, of: FitVector): Float32Array;
}

/** The options of {@link removeUnits}. */
export interface RemoveUnitsOptions {
  /**
   * Points `f32[n, inFeatures]` over which the mean of each removed unit is taken, which then becomes a part of the
   * next bias. If absent, units are removed without it.
   */
  readonly meanOver?: Tensor2D;
}

/** A spec with another layer at a path. */
export const withLayerAt = (spec: FieldSpec, path: string, layer: object): FieldSpec => {
  const replaced = (value: unknown, keys: readonly string[]): unknown => {
    const [key, ...rest] = keys;
    if (key === undefined) return layer;
    if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? replaced(item, rest) : item));
    return { ...(value as object), [key]: replaced((value as Readonly<Record<string, unknown>>)[key], rest) };
  };
  return replaced(spec, path.split('.')) as FieldSpec;
};

/** The indices that are left of `count` without some. */
const withoutIndices = (count: number, removed: ReadonlySet<number>): number[] =>
  Array.from({ length: count }, (_, index) => index).filter(index => !removed.has(index));

/** The network without a set of units, and how its parameters follow from those of the given one. */
export const removalOf = (what: string, structure: Structure, units: ReadonlySet<Unit>): Transfer => {
  let { spec } = structure;
  const renumbering = new Map<string, readonly number[]>();
  for (const [path, own] of structure.layers) {
    const removed = new Set(own.flatMap((unit, index) => (units.has(unit) ? [index] : [])));
    if (removed.size === 0) continue;
    const kept = withoutIndices(own.length, removed);
    renumbering.set(path, kept);
    const at = definitionAt(structure, path);
    if (at?.definition.keepUnits === undefined || followsInput(structure, path)) continue;
    spec = withLayerAt(spec, path, at.definition.keepUnits(at.spec, kept, at.place));
  }
  const { extensions } = structure;
  return transferOf(what, structure, structureOf(parseSpec(spec, extensions), extensions), renumbering);
};

/** A field of the network that a transfer leads to. */
export const resizedField = (
  transfer: Transfer,
  extensions: Extensions,
  map: (vector: Float32Array, of: FitVector) => Float32Array,
  flat: Float32Array,
): Resized => {
  const { spec, network } = transfer.to;
  return { field: fieldOf(spec, extensions, network.layout, map(flat, 'parameters')), map };
};

/** Removes a set of units from a network with given parameters. */
export const removeFrom = async (
  what: string,
  structure: Structure,
  flat: Float32Array,
  units: ReadonlySet<Unit>,
  meanOver?: Tensor2D,
): Promise<Resized> => {
  const transfer = removalOf(what, structure, units);
  const registers = new Set(readersOf(structure, units).map(({ register }) => register));
  const means = meanOver && (await featureMeans(structure, flat, meanOver, registers));
  const isValue = (of: FitVector): boolean => of === 'parameters' || of === 'average';
  const map = (vector: Float32Array, of: FitVector): Float32Array =>
    transferVector(transfer, means && isValue(of) ? foldMeans(structure, vector, units, means) : vector);
  return resizedField(transfer, structure.extensions, map, flat);
};

/**
 * The field without some of its units: a network with smaller matrices, without the rows, columns, biases and entries
 * of the spec that belong to the removed units. The given field stays as it is.
 *
 *     const { field: smaller, map } = await removeUnits(field, { 'layers.1': [3, 17] });
 *
 * @param selection from {@link unitsOf}, or by a ranking; units that a sum or a product ties together go together
 * @throws RangeError when a layer or a unit does not exist or none would remain in a layer, TypeError when a unit
 *   cannot be removed: the outputs, layers that have no smaller version, tied units alone
 */
export const removeUnits = async (
  field: Field,
  selection: UnitIndices,
  options: RemoveUnitsOptions = {},
): Promise<Resized> => {
  assertOptions('removeUnits', options, { meanOver: 1 });
  const structure = structureOf(field.spec, field.extensions);
  const units = selectUnits('removeUnits', structure, selection);
  return removeFrom('removeUnits', structure, await readParameters(field), units, options.meanOver);
};
