/** @file Larger fields: new hidden units, whose output nothing reads yet. */
import { type Field, type FieldSpec, type FitVector, parseSpec } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { readParameters } from '../field-values.ts';
import { type Resized, resizedField, withLayerAt } from '../remove-units.ts';
import { initialValues, NEW, type Renumbering, transferOf, transferVector } from '../resize.ts';
import { definitionAt } from '../selection.ts';
import { type Structure, structureOf } from '../structure.ts';

/** The options of {@link addUnits}. */
export interface AddUnitsOptions {
  /** The seed for the initial values of the new units; 0 if absent. */
  readonly seed?: number;
}

/** The field of a larger spec, in which further units follow those of some layers. */
export const grow = (
  what: string,
  structure: Structure,
  flat: Float32Array,
  {
    spec,
    counts,
    seed,
  }: { readonly spec: FieldSpec; readonly counts: ReadonlyMap<string, number>; readonly seed: number },
): Resized => {
  const { extensions } = structure;
  const renumbering: Renumbering = new Map(
    [...counts].map(([path, count]) => [
      path,
      [...(structure.layers.get(path) ?? []).keys(), ...new Array<number>(count).fill(NEW)],
    ]),
  );
  const transfer = transferOf(what, structure, structureOf(parseSpec(spec, extensions), extensions), renumbering);
  const fresh = initialValues(transfer, seed);
  const map = (vector: Float32Array, of: FitVector): Float32Array =>
    transferVector(transfer, vector, of === 'parameters' || of === 'average' ? fresh : undefined);
  return resizedField(transfer, extensions, map, flat);
};

/**
 * The field with further units in some layers, after their own. What makes a new unit begins with its layer's initial
 * values, the weights that read it are 0: the output does not change, and a fit goes on from there. The given field
 * stays as it is. Optimizers' moments of new parameters are 0.
 *
 *     const { field: wider, map } = await addUnits(field, { 'layers.1': 16 });
 *
 * @param counts by the path of the layer; layers that a sum or a product ties together grow together
 * @throws RangeError when there is no such layer or a count is not a positive integer, TypeError when a layer cannot
 *   have more units
 */
export const addUnits = async (
  field: Field,
  counts: Readonly<Record<string, number>>,
  options: AddUnitsOptions = {},
): Promise<Resized> => {
  assertOptions('addUnits', options, { seed: 1 });
  const { seed = 0 } = options;
  const structure = structureOf(field.spec, field.extensions);
  let { spec } = field;
  for (const [path, count] of Object.entries(counts)) {
    assertCount(`addUnits: the count of '${path}'`, count);
    const at = definitionAt(structure, path);
    if (at === undefined)
      throw new RangeError(
        `addUnits: there is no layer '${path}'; there are ${[...structure.network.placed.keys()].join(', ')}`,
      );
    const { definition, spec: own, place } = at;
    const isOutput = structure.layers.get(path)?.some(unit => structure.fixed.has(unit)) ?? true;
    if (definition.addUnits === undefined || isOutput)
      throw new TypeError(
        `addUnits: layer '${path}' of kind '${own.kind}' cannot have more units${isOutput ? ': they are outputs of the field, or it makes none' : ''}`,
      );
    spec = withLayerAt(spec, path, definition.addUnits(own, count, place));
  }
  return grow('addUnits', structure, await readParameters(field), {
    spec,
    counts: new Map(Object.entries(counts)),
    seed,
  });
};
