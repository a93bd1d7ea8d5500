/** @file Which units a caller names, and which can be removed. */
import type { Field } from '@neural-fields/core';
import { layerDefinition } from '@neural-fields/core/kernels';
import type { LayerDefinition, LayerPlace } from '@neural-fields/core/layers';
import { COORDINATES, type Structure, structureOf, type Unit } from './structure.ts';

/** Units by the path of their layer, e.g. `{ 'layers.1': [0, 7] }`: the hidden units 0 and 7 of the second layer. */
export type UnitIndices = Readonly<Record<string, readonly number[]>>;

/** The units of a layer. */
export interface LayerUnits {
  /** The path of the layer in the spec, e.g. `layers.1`. */
  readonly layer: string;
  readonly kind: string;
  /** The number of units. */
  readonly count: number;
  /** The units that can be removed, increasing; none of a layer whose units are the field's outputs. */
  readonly removable: readonly number[];
  /** Why those that cannot be removed cannot, as a clause; absent where all can. */
  readonly reason?: string;
  /** The paths of the layers whose units must be removed together with those of this layer. */
  readonly tiedTo: readonly string[];
}

/** A layer's definition with its spec. */
interface PlacedDefinition {
  readonly definition: LayerDefinition;
  readonly spec: { readonly kind: string };
  readonly place: LayerPlace;
}

/** The definition of the layer at a path. */
export const definitionAt = ({ network, extensions }: Structure, path: string): PlacedDefinition | undefined => {
  const placed = network.placed.get(path);
  if (placed === undefined) return undefined;
  const { spec, inFeatures } = placed;
  return { definition: layerDefinition(spec.kind, extensions), spec, place: { inFeatures, extensions } };
};

/** Whether the width of a layer follows from its input. */
export const followsInput = (structure: Structure, path: string): boolean => {
  const at = definitionAt(structure, path);
  if (at?.definition.keepUnits === undefined) return false;
  const { definition, spec, place } = at;
  return definition.keepUnits?.(spec, [0], place) === spec;
};

/** Why a layer's units cannot be removed; `undefined` where they can. */
const layerProblem = (structure: Structure, path: string): string | undefined => {
  const at = definitionAt(structure, path);
  if (at === undefined) return `the spec has no layer '${path}'`;
  return at.definition.keepUnits ? undefined : `layers of kind '${at.spec.kind}' cannot be made smaller`;
};

/** The layers that have each unit, without those that follow their input. */
export const ownersOf = (
  structure: Structure,
): ReadonlyMap<Unit, readonly (readonly [path: string, index: number])[]> => {
  const owners = new Map<Unit, (readonly [string, number])[]>();
  for (const [path, units] of structure.layers) {
    if (path === COORDINATES || followsInput(structure, path)) continue;
    for (const [index, unit] of units.entries()) owners.set(unit, [...(owners.get(unit) ?? []), [path, index]]);
  }
  return owners;
};

/** Why a unit cannot be removed, as a clause; `undefined` where it can. */
export const unitProblem = (
  structure: Structure,
  unit: Unit,
  owners: readonly (readonly [path: string, index: number])[],
): string | undefined => {
  const fixed = structure.fixed.get(unit);
  if (fixed !== undefined) return fixed;
  for (const [path] of owners) {
    const problem = layerProblem(structure, path);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/** The layers of a structure with their units. */
export const layerUnits = (structure: Structure): readonly LayerUnits[] => {
  const owners = ownersOf(structure);
  return [...structure.layers].flatMap(([layer, units]) => {
    if (layer === COORDINATES || followsInput(structure, layer)) return [];
    const problems = units.map(unit => unitProblem(structure, unit, owners.get(unit) ?? []));
    const reason = problems.find(problem => problem !== undefined);
    const removable = problems.flatMap((problem, index) => (problem === undefined ? [index] : []));
    const tied = units.flatMap(unit => (owners.get(unit) ?? []).map(([path]) => path));
    return [
      {
        layer,
        kind: structure.network.placed.get(layer)?.spec.kind ?? 'unknown',
        count: units.length,
        removable,
        ...(reason !== undefined && { reason }),
        tiedTo: [...new Set(tied)].filter(path => path !== layer),
      },
    ];
  });
};

/**
 * The layers of a field with the units that can be removed from them: the hidden units of dense layers, the frequencies
 * of periodic layers and Fourier features, the levels of grids.
 */
export const unitsOf = (field: Field): readonly LayerUnits[] => layerUnits(structureOf(field.spec, field.extensions));

/**
 * The selected units of a structure.
 *
 * @throws RangeError when a layer or a unit does not exist or all units of a layer are selected, TypeError when a unit
 *   cannot be removed, or is tied to others that are not selected
 */
export const selectUnits = (what: string, structure: Structure, selection: UnitIndices): ReadonlySet<Unit> => {
  const owners = ownersOf(structure);
  const chosen = new Set<Unit>();
  const named = new Set<string>();
  for (const [path, indices] of Object.entries(selection)) {
    const units = path === COORDINATES ? undefined : structure.layers.get(path);
    if (units === undefined || followsInput(structure, path))
      throw new RangeError(
        `${what}: there are no units of '${path}'; the layers with units: ${layerUnits(structure)
          .map(({ layer }) => layer)
          .join(', ')}`,
      );
    for (const index of indices) {
      const unit = Number.isInteger(index) ? units[index] : undefined;
      if (unit === undefined)
        throw new RangeError(
          `${what}: units of '${path}' must be integers from 0 to ${units.length - 1}, got ${index}`,
        );
      const problem = unitProblem(structure, unit, owners.get(unit) ?? []);
      if (problem !== undefined)
        throw new TypeError(`${what}: unit ${index} of '${path}' cannot be removed: ${problem}`);
      chosen.add(unit);
      named.add(`${path} ${index}`);
    }
    if (new Set(indices).size === units.length)
      throw new RangeError(`${what}: at least one unit of '${path}' must remain, got all ${units.length}`);
  }
  for (const unit of chosen)
    for (const [path, index] of owners.get(unit) ?? [])
      if (!named.has(`${path} ${index}`)) {
        const [first] = (owners.get(unit) ?? []).filter(([other, at]) => named.has(`${other} ${at}`));
        throw new TypeError(
          `${what}: unit ${first?.[1]} of '${first?.[0]}' is tied to unit ${index} of '${path}', by a sum or a product: remove both`,
        );
      }
  return chosen;
};

/** A set of units by layer, without those of layers that follow their input. */
export const selectionOf = (structure: Structure, units: ReadonlySet<Unit>): UnitIndices => {
  const selection: Record<string, number[]> = {};
  for (const [path, own] of structure.layers) {
    if (path === COORDINATES || followsInput(structure, path)) continue;
    const indices = own.flatMap((unit, index) => (units.has(unit) ? [index] : []));
    if (indices.length > 0) selection[path] = indices;
  }
  return selection;
};
