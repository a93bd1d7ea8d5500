/** @file Takes the parameters of a network over to one with fewer or more units. */
import { createRng } from '@neural-fields/core';
import type { Operation } from '@neural-fields/core/kernels';
import type { GridLevel } from '@neural-fields/core/layers';
import { followsInput } from './selection.ts';
import {
  type ArrayUnits,
  type AxisUnits,
  COORDINATES,
  type Structure,
  type TableAxis,
  type Unit,
} from './structure.ts';

/** For the index of a new array: the index in the old one, or `NEW`. */
export type IndexMap = Int32Array;

/** Stands for an index that the old array does not have. */
export const NEW = -1;

/** For each layer whose units change: the old index of each of its units, or `NEW`. */
export type Renumbering = ReadonlyMap<string, readonly number[]>;

/** How a vector of one network's parameters becomes one of another. */
export interface Transfer {
  readonly from: Structure;
  readonly to: Structure;
  /** For each parameter of the new layout, the map of each axis. */
  readonly axes: readonly (readonly IndexMap[])[];
}

/** A layer's new spec does not do what the removal means. */
class MismatchError extends TypeError {}

const mismatch = (what: string): never => {
  throw new MismatchError(what);
};

/** The old unit of each new one. */
const matchUnits = (from: Structure, to: Structure, renumbering: Renumbering): ReadonlyMap<Unit, Unit> => {
  const matches = new Map<Unit, Unit>();
  for (const [path, units] of to.layers) {
    // Its units are tied to those of its input.
    if (path !== COORDINATES && followsInput(to, path)) continue;
    const before = from.layers.get(path) ?? mismatch(`'${path}' is a new layer`);
    const olds = renumbering.get(path) ?? before.map((_, index) => index);
    if (olds.length !== units.length) mismatch(`'${path}' should have ${olds.length} units, but has ${units.length}`);
    for (const [index, unit] of units.entries()) {
      const old = olds[index] as number;
      const match = old === NEW ? NEW : (before[old] as Unit);
      const other = matches.get(unit);
      if (other !== undefined && other !== match) mismatch(`unit ${index} of '${path}' is tied to another one`);
      matches.set(unit, match);
    }
  }
  return matches;
};

/** Where each unit is on an axis of the old array, in order. */
const places = (units: readonly Unit[]): ReadonlyMap<Unit, readonly number[]> => {
  const found = new Map<Unit, number[]>();
  for (const [index, unit] of units.entries()) {
    const list = found.get(unit);
    if (list) list.push(index);
    else found.set(unit, [index]);
  }
  return found;
};

/** The map of one axis: the k-th place of a new unit is the k-th place of the old one. */
const axisMap = (from: readonly Unit[], to: readonly Unit[], matches: ReadonlyMap<Unit, Unit>): IndexMap => {
  const before = places(from);
  const seen = new Map<Unit, number>();
  return Int32Array.from(to, unit => {
    const old = matches.get(unit);
    if (old === undefined) return mismatch('a feature belongs to no unit');
    if (old === NEW) return NEW;
    const turn = seen.get(unit) ?? 0;
    seen.set(unit, turn + 1);
    return before.get(old)?.[turn] ?? mismatch('a feature has no counterpart');
  });
};

const identity = (length: number): IndexMap => Int32Array.from({ length }, (_, i) => i);

const sameLevel = (a: GridLevel, b: GridLevel): boolean =>
  a.resolution === b.resolution &&
  a.rows === b.rows &&
  a.hashed === b.hashed &&
  a.blocks?.log2Size === b.blocks?.log2Size &&
  `${a.blocks?.firstRows}` === `${b.blocks?.firstRows}`;

/** The map of a table's rows, level by level. */
const rowMap = (from: TableAxis, to: TableAxis, rows: number, matches: ReadonlyMap<Unit, Unit>): IndexMap => {
  const map = new Int32Array(rows).fill(NEW);
  const levels = axisMap(from.units, to.units, matches);
  for (const [index, level] of to.levels.entries()) {
    const old = from.levels[levels[index] as number];
    if (old === undefined || !sameLevel(old, level)) return mismatch(`level ${index} of a grid differs`);
    for (let row = 0; row < level.rows; row++) map[level.firstRow + row] = old.firstRow + row;
  }
  return map;
};

const arrayMaps = (from: ArrayUnits, to: ArrayUnits, matches: ReadonlyMap<Unit, Unit>): readonly IndexMap[] =>
  to.array.shape.map((length, axis) => {
    if (axis === 0 && to.table && from.table) return rowMap(from.table, to.table, length, matches);
    const [before, after] = [from.axes[axis] as AxisUnits, to.axes[axis] as AxisUnits];
    // The columns of a table, and whatever else no feature corresponds to.
    if (before === undefined || after === undefined || !after.every(unit => matches.has(unit))) {
      if (from.array.shape[axis] !== length) mismatch('an array has another length');
      return identity(length);
    }
    return axisMap(before, after, matches);
  });

/** Calls with the new and the old flat index of every element of an array; the old one is `NEW` for a new element. */
const eachElement = (
  maps: readonly IndexMap[],
  oldShape: readonly number[],
  call: (index: number, old: number) => void,
): void => {
  let olds: Int32Array = Int32Array.of(0);
  for (const [axis, map] of maps.entries()) {
    const next = new Int32Array(olds.length * map.length);
    let at = 0;
    for (const outer of olds)
      for (const inner of map)
        next[at++] = outer === NEW || inner === NEW ? NEW : outer * (oldShape[axis] as number) + inner;
    olds = next;
  }
  for (const [index, old] of olds.entries()) call(index, old);
};

/** Whether two operations compute the same, apart from their widths. */
const assertSameOperation = (
  before: Operation,
  after: Operation,
  maps: readonly IndexMap[],
  inputs: readonly IndexMap[],
): void => {
  if (before.kind !== after.kind || JSON.stringify(before.inputs) !== JSON.stringify(after.inputs))
    mismatch(`it has other operations`);
  if (before.kind === 'columns' && after.kind === 'columns') {
    const [out, [input]] = [maps[0] as IndexMap, inputs as readonly [IndexMap]];
    for (const [j, column] of after.columns.entries())
      if (out[j] !== NEW && input[column] !== before.columns[out[j] as number]) mismatch('it has other columns');
  }
};

const assertSameConstants = (from: ArrayUnits, to: ArrayUnits, matches: ReadonlyMap<Unit, Unit>): void => {
  if (from.array.kind !== 'constant' || to.array.kind !== 'constant') return;
  const [before, after] = [from.array.values(), to.array.values()];
  eachElement(arrayMaps(from, to, matches), from.array.shape, (index, old) => {
    if (old !== NEW && before[old] !== after[index]) mismatch('its constants differ');
  });
};

/**
 * How the parameters of one network become those of another, which must compute the same from the units that both have.
 *
 * @throws TypeError when it does not
 */
export const transferOf = (what: string, from: Structure, to: Structure, renumbering: Renumbering): Transfer => {
  try {
    const matches = matchUnits(from, to, renumbering);
    const [before, after] = [from.network, to.network];
    if (before.program.operations.length !== after.program.operations.length) mismatch('it has other operations');
    const registers = to.registers.map((units, register) =>
      axisMap(from.registers[register] as readonly Unit[], units, matches),
    );
    for (const [index, operation] of after.program.operations.entries()) {
      const old = before.program.operations[index] as Operation;
      const inputs = operation.inputs.map(register => registers[register] as IndexMap);
      assertSameOperation(old, operation, [registers[index + 1] as IndexMap], inputs);
      const constants = from.constants[index] ?? [];
      for (const [position, constant] of (to.constants[index] ?? []).entries())
        assertSameConstants(constants[position] ?? mismatch('it has other constants'), constant, matches);
    }
    const axes = after.layout.entries.map(({ name, index, shape }) => {
      const own = to.parameters[index];
      const previous = before.layout.has(name) ? from.parameters[before.layout.entry(name).index] : undefined;
      if (own === undefined || previous === undefined) {
        if (!before.layout.has(name) || String(before.layout.entry(name).shape) !== String(shape))
          mismatch(`its parameter '${name}' differs`);
        return shape.map(identity);
      }
      return arrayMaps(previous, own, matches);
    });
    return { from, to, axes };
  } catch (error) {
    if (!(error instanceof MismatchError)) throw error;
    throw new TypeError(
      `${what}: the layers do not support it: with the changed spec the network is another one: ${error.message}`,
    );
  }
};

/**
 * A vector `f32[P]` of the old network as one of the new network.
 *
 * @param fresh the values of parameters that the old network does not have, by name; zeros if absent
 */
export const transferVector = (
  { from, to, axes }: Transfer,
  vector: Float32Array,
  fresh?: ReadonlyMap<string, Float32Array>,
): Float32Array => {
  const result = new Float32Array(to.network.layout.size);
  for (const { name, index, offset } of to.network.layout.entries) {
    const before = from.network.layout.entry(name);
    const own = fresh?.get(name);
    eachElement(axes[index] as readonly IndexMap[], before.shape, (element, old) => {
      result[offset + element] = old === NEW ? (own?.[element] ?? 0) : (vector[before.offset + old] as number);
    });
  }
  return result;
};

/**
 * The values of the parameters that only the new network has: what makes a new unit gets its layer's initial values;
 * what reads one gets zeros, so that the output of the field does not change.
 */
export const initialValues = ({ to, axes }: Transfer, seed: number): ReadonlyMap<string, Float32Array> => {
  const rng = createRng(seed);
  const readers = new Set(
    to.network.program.operations.flatMap(operation =>
      operation.kind === 'linear' && operation.weight.kind === 'parameter' ? [operation.weight.index] : [],
    ),
  );
  const values = new Map<string, Float32Array>();
  for (const entry of to.network.layout.entries) {
    const maps = axes[entry.index] as readonly IndexMap[];
    if (!maps.some(map => map.includes(NEW))) continue;
    const initial = entry.initialise(rng.fork(entry.name)).slice();
    const [rows, columns = 1] = entry.shape;
    const map = maps[0];
    if (readers.has(entry.index) && map)
      for (let row = 0; row < (rows as number); row++)
        if (map[row] === NEW) initial.fill(0, row * columns, (row + 1) * columns);
    values.set(entry.name, initial);
  }
  return values;
};
