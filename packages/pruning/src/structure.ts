/**
 * @file Which features of a network can only be removed together.
 *
 * The operations of a network say it, whatever layers they come from: the features of an elementwise function are those
 * of its input, the inputs of sums and products are tied feature by feature, a matrix product makes new features. The
 * sets of tied features, and of the rows and columns of parameters that belong to them, are the units of pruning.
 */
import type { Extensions, FieldSpec } from '@neural-fields/core';
import {
  type ConstantOperation,
  type GridOperation,
  type Network,
  networkOf,
  type Operation,
  type Register,
} from '@neural-fields/core/kernels';
import type { ConstantArray, GridLevel, OperandArray } from '@neural-fields/core/layers';
import { Slots } from './slots.ts';

/** A set of features that can only be removed together, by its representative. */
export type Unit = number;

/** An axis of an array: the unit of each index; `undefined` for an axis that no unit belongs to. */
export type AxisUnits = readonly Unit[] | undefined;

/** The levels of a table, whose rows are an axis of their own kind. */
export interface TableAxis {
  readonly levels: readonly GridLevel[];
  /** The unit of each level. */
  readonly units: readonly Unit[];
}

/** What belongs to a parameter or a constant. */
export interface ArrayUnits {
  readonly array: OperandArray;
  readonly axes: readonly AxisUnits[];
  /** For the table of a grid: its rows. */
  readonly table?: TableAxis;
}

/** The structure of a network. */
export interface Structure {
  readonly spec: FieldSpec;
  readonly extensions: Extensions;
  readonly network: Network;
  /** The units of the features of each register. */
  readonly registers: readonly (readonly Unit[])[];
  /** The parameters, in the order of the layout. */
  readonly parameters: readonly (ArrayUnits | undefined)[];
  /** The constants of each operation, in order. */
  readonly constants: readonly (readonly ArrayUnits[])[];
  /** The units that each layer makes, by path and in order; the coordinates have the path ''. */
  readonly layers: ReadonlyMap<string, readonly Unit[]>;
  /** Why a unit cannot be removed, as a clause; absent for those that can. */
  readonly fixed: ReadonlyMap<Unit, string>;
}

/** The path under which the coordinates are units. */
export const COORDINATES = '';

interface Axes {
  readonly array: OperandArray;
  /** The first slot of each axis; `undefined` for the rows of a table. */
  readonly starts: readonly (number | undefined)[];
  levels?: { readonly levels: readonly GridLevel[]; readonly first: number };
}

/** Follows the features through the operations. */
class Tracer {
  readonly slots = new Slots();
  readonly registers: { readonly first: number; readonly features: number }[] = [];
  readonly parameters = new Map<number, Axes>();
  readonly constants = new Map<ConstantArray, Axes>();
  readonly made = new Map<string, number[]>();
  readonly reasons: (readonly [slot: number, reason: string])[] = [];

  addRegister(features: number): number {
    const first = this.slots.add(features);
    this.registers.push({ first, features });
    return first;
  }

  axesOf(array: OperandArray): Axes {
    const known = array.kind === 'parameter' ? this.parameters.get(array.index) : this.constants.get(array);
    if (known) return known;
    const axes: Axes = { array, starts: array.shape.map(length => this.slots.add(length)) };
    if (array.kind === 'parameter') this.parameters.set(array.index, axes);
    else this.constants.set(array, axes);
    return axes;
  }

  tie(a: number | undefined, b: number | undefined, count: number): void {
    if (a === undefined || b === undefined) return;
    for (let i = 0; i < count; i++) this.slots.union(a + i, b + i);
  }

  fix(first: number | undefined, count: number, reason: string): void {
    if (first !== undefined) for (let i = 0; i < count; i++) this.reasons.push([first + i, reason]);
  }

  make(owner: string, slots: readonly number[]): void {
    this.made.set(owner, [...(this.made.get(owner) ?? []), ...slots]);
  }

  input(register: Register): { readonly first: number; readonly features: number } {
    return this.registers[register] as { readonly first: number; readonly features: number };
  }

  /** Follows one operation. @param owner the path of its layer */
  follow(operation: Operation, owner: string): void {
    const inputs = operation.inputs.map(register => this.input(register));
    const { outFeatures } = operation;
    const out = this.addRegister(outFeatures);
    const features = Array.from({ length: outFeatures }, (_, i) => out + i);
    switch (operation.kind) {
      case 'linear': {
        const weight = this.axesOf(operation.weight);
        const input = this.input(operation.inputs[0]);
        this.tie(weight.starts[0], input.first, input.features);
        this.tie(weight.starts[1], out, outFeatures);
        if (operation.bias) this.tie(this.axesOf(operation.bias).starts[0], out, outFeatures);
        this.make(owner, features);
        return;
      }
      case 'elementwise':
      case 'sum':
      case 'product':
        for (const { first } of inputs) this.tie(first, out, outFeatures);
        return;
      case 'concat': {
        let at = out;
        for (const { first, features: count } of inputs) {
          this.tie(first, at, count);
          at += count;
        }
        return;
      }
      case 'columns': {
        const { first } = this.input(operation.inputs[0]);
        for (const [j, column] of operation.columns.entries()) this.slots.union(out + j, first + column);
        return;
      }
      case 'constant':
        this.#constant(operation, out);
        this.make(owner, features);
        return;
      case 'grid':
        this.make(owner, this.#grid(operation, out, owner));
        return;
      case 'custom': {
        const reason = `a custom operation of '${owner}' depends on it`;
        for (const { first, features: count } of inputs) this.fix(first, count, reason);
        for (const array of operation.arrays)
          for (const [axis, start] of this.axesOf(array).starts.entries())
            this.fix(start, array.shape[axis] as number, reason);
        this.fix(out, outFeatures, reason);
        this.make(owner, features);
        return;
      }
    }
  }

  #constant({ values, column, outFeatures }: ConstantOperation, out: number): void {
    const { starts } = this.axesOf(values);
    if (column !== undefined || values.shape.length === 1) this.tie(starts[0], out, outFeatures);
    else this.fix(out, outFeatures, 'it is part of a constant that is not a vector');
  }

  #grid({ table, levels, inputs, outFeatures }: GridOperation, out: number, owner: string): number[] {
    const { first, features } = this.input(inputs[0]);
    this.fix(first, features, `it is an axis of the grid of '${owner}'`);
    const known = table.kind === 'parameter' ? this.parameters.get(table.index) : this.constants.get(table);
    const axes: Axes = known ?? { array: table, starts: [undefined, this.slots.add(table.shape[1] as number)] };
    if (table.kind === 'parameter') this.parameters.set(table.index, axes);
    else this.constants.set(table, axes);
    this.fix(axes.starts[1], table.shape[1] as number, 'it is a column of a table');
    if (axes.levels === undefined) axes.levels = { levels, first: this.slots.add(levels.length) };
    else if (JSON.stringify(axes.levels.levels) !== JSON.stringify(levels))
      this.fix(axes.levels.first, axes.levels.levels.length, 'its table is read with other levels too');
    const own = axes.levels.first;
    const width = outFeatures / levels.length;
    for (let j = 0; j < outFeatures; j++) this.slots.union(out + j, own + Math.floor(j / width));
    return levels.map((_, level) => own + level);
  }
}

const known = new WeakMap<Network, Structure>();

/** The structure of a spec's network. Memoised by its network. */
export const structureOf = (spec: FieldSpec, extensions: Extensions): Structure => {
  const network = networkOf(spec, extensions);
  const found = known.get(network);
  if (found) return found;
  const { program, owners, layout } = network;
  const tracer = new Tracer();
  const coords = tracer.addRegister(program.inFeatures);
  tracer.fix(coords, program.inFeatures, 'it is a coordinate');
  tracer.make(
    COORDINATES,
    Array.from({ length: program.inFeatures }, (_, i) => coords + i),
  );
  for (const [index, operation] of program.operations.entries()) tracer.follow(operation, owners[index] as string);
  const output = tracer.input(program.output);
  tracer.fix(output.first, output.features, 'it is an output of the field');

  const { slots } = tracer;
  const range = (first: number, count: number): Unit[] =>
    Array.from({ length: count }, (_, i) => slots.find(first + i));
  const unitsOf = ({ array, starts, levels }: Axes): ArrayUnits => ({
    array,
    axes: starts.map((start, axis) => (start === undefined ? undefined : range(start, array.shape[axis] as number))),
    ...(levels && { table: { levels: levels.levels, units: range(levels.first, levels.levels.length) } }),
  });
  const constantsOf = (operation: Operation): ArrayUnits[] =>
    operandsOf(operation).flatMap(array => {
      const axes = array.kind === 'constant' ? tracer.constants.get(array) : undefined;
      return axes ? [unitsOf(axes)] : [];
    });
  const structure: Structure = {
    spec,
    extensions,
    network,
    registers: tracer.registers.map(({ first, features }) => range(first, features)),
    parameters: layout.entries.map(({ index }) => {
      const axes = tracer.parameters.get(index);
      return axes && unitsOf(axes);
    }),
    constants: program.operations.map(constantsOf),
    layers: new Map([...tracer.made].map(([path, made]) => [path, [...new Set(made.map(slot => slots.find(slot)))]])),
    fixed: new Map(tracer.reasons.map(([slot, reason]) => [slots.find(slot), reason] as const).reverse()),
  };
  known.set(network, structure);
  return structure;
};

/** The arrays of an operation whose axes are features. */
export const operandsOf = (operation: Operation): readonly OperandArray[] => {
  switch (operation.kind) {
    case 'linear':
      return [operation.weight, ...(operation.bias ? [operation.bias] : [])];
    case 'constant':
      return [operation.values];
    case 'grid':
      return [operation.table];
    case 'custom':
      return operation.arrays;
    default:
      return [];
  }
};
