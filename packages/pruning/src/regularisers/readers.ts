/** @file The weights that read the units of a layer, by name: they are the same after pruning. */
import type { Field } from '@neural-fields/core';
import { followsInput } from '../selection.ts';
import { COORDINATES, structureOf } from '../structure.ts';

/**
 * The names of the matrices `[units, outputs]` that read the units of a layer, one row for each unit.
 *
 * @throws RangeError when there is no such layer, TypeError when no matrix reads its units one by one
 */
export const readerNames = (what: string, { spec, extensions }: Field, layer: string): readonly string[] => {
  const structure = structureOf(spec, extensions);
  const units = layer === COORDINATES || followsInput(structure, layer) ? undefined : structure.layers.get(layer);
  if (units === undefined)
    throw new RangeError(`${what}: there are no units of '${layer}'; see unitsOf(field) for the layers with units`);
  const { network, registers } = structure;
  const names = network.program.operations.flatMap(operation => {
    if (operation.kind !== 'linear' || operation.weight.kind !== 'parameter') return [];
    const inputs = registers[operation.inputs[0]] ?? [];
    const matches = inputs.length === units.length && inputs.every((unit, i) => unit === units[i]);
    return matches ? [(network.layout.entries[operation.weight.index] as { name: string }).name] : [];
  });
  if (names.length > 0) return names;
  throw new TypeError(`${what}: a matrix must read the units of '${layer}' one by one, but none does`);
};
