/**
 * @file Programs in float64 Taylor arithmetic: the reference semantics of each operation, with all derivatives with
 *   respect to coordinates and along directions of the parameters.
 */
import { activate, type TaylorAlgebra, type TaylorNumber, taylorAlgebra } from '@neural-fields/testing';
import type { OperandArray } from '../../src/ops/arrays.ts';
import type { ElementwiseFunction, GridLevel, GridOperation, Operation } from '../../src/ops/operation.ts';
import type { Network } from '../../src/spec/network.ts';

/** The elements of an operand, flat. */
type Read = (numbers: OperandArray) => readonly TaylorNumber[];

const elementwise = (
  t: TaylorAlgebra,
  { definition, parameters }: ElementwiseFunction,
  z: readonly TaylorNumber[],
  read: Read,
): TaylorNumber[] => {
  const values = new Map(
    parameters.map(({ name, value }) => [
      name,
      typeof value === 'number' ? t.constant(value) : (read(value)[0] as TaylorNumber),
    ]),
  );
  return z.map(x => activate(t, { kind: definition.kind }, x, { parameters: name => values.get(name) }));
};

const PRIMES = [1, 2654435761 | 0, 805459861];

const rowOf = (vertex: readonly number[], { resolution, firstRow, rows, hashed }: GridLevel): number => {
  if (hashed)
    return firstRow + (vertex.reduce((mixed, axis, i) => mixed ^ Math.imul(axis, PRIMES[i] as number), 0) & (rows - 1));
  return firstRow + vertex.reduce((row, axis, i) => row + axis * (resolution + 1) ** i, 0);
};

const grid = (
  t: TaylorAlgebra,
  x: readonly TaylorNumber[],
  table: readonly TaylorNumber[],
  { levels, table: { shape }, interpolation }: GridOperation,
): TaylorNumber[] =>
  levels.flatMap(level => {
    const u = x.map(p => t.scale(t.add(p, t.constant(1)), level.resolution / 2));
    const cell = u.map(p => Math.min(Math.max(Math.floor(t.value(p)), 0), level.resolution - 1));
    const features = shape[1] as number;
    const high = u.map((p, i) => {
      const place = t.sub(p, t.constant(cell[i] as number));
      if (interpolation === 'linear') return place;
      if (interpolation === 'nearest') return t.constant(Math.round(t.value(place)));
      return t.mul(t.mul(place, place), t.sub(t.constant(3), t.scale(place, 2)));
    });
    return Array.from({ length: features }, (_, feature) => {
      let total = t.constant(0);
      for (let corner = 0; corner < 2 ** x.length; corner++) {
        const bits = x.map((_, i) => (corner >> i) & 1);
        const weight = high.reduce(
          (product, p, i) => t.mul(product, bits[i] ? p : t.sub(t.constant(1), p)),
          t.constant(1),
        );
        const row = rowOf(
          cell.map((at, i) => at + (bits[i] as number)),
          level,
        );
        total = t.add(total, t.mul(weight, table[row * features + feature] as TaylorNumber));
      }
      return total;
    });
  });

const run = (
  t: TaylorAlgebra,
  operation: Operation,
  inputs: readonly (readonly TaylorNumber[])[],
  read: Read,
): TaylorNumber[] => {
  const [a = [], b = []] = inputs;
  const features = Array.from({ length: operation.outFeatures }, (_, o) => o);
  switch (operation.kind) {
    case 'linear': {
      const [weight, bias] = [read(operation.weight), operation.bias && read(operation.bias)];
      const at = (i: number, o: number): TaylorNumber => weight[i * features.length + o] as TaylorNumber;
      return features.map(o => a.reduce((sum, x, i) => t.add(sum, t.mul(x, at(i, o))), bias?.[o] ?? t.constant(0)));
    }
    case 'elementwise':
      return elementwise(t, operation.activation, a, read);
    case 'concat':
      return inputs.flat();
    case 'sum':
      return features.map(o =>
        inputs.reduce(
          (sum, input, k) => t.add(sum, t.scale(input[o] as TaylorNumber, operation.coefficients[k] as number)),
          t.constant(0),
        ),
      );
    case 'product':
      return features.map(o => t.mul(a[o] as TaylorNumber, b[o] as TaylorNumber));
    case 'columns':
      return features.map(o => a[operation.columns[o] as number] as TaylorNumber);
    case 'constant': {
      const { values, column } = operation;
      const pitch = column === undefined ? 1 : (values.shape[1] as number);
      return features.map(o => read(values)[o * pitch + (column ?? 0)] as TaylorNumber);
    }
    case 'grid':
      return grid(t, a, read(operation.table), operation);
    case 'custom':
      throw new Error('oracle: custom operations have no other meaning than their rule');
  }
};

/**
 * The derivative of an output with respect to coordinates (`[0, 0, 1]` is d3 / dx^2 dy), and along directions (by
 * index).
 */
export type OutputDerivative = (by: readonly number[], along: readonly number[]) => number;

/**
 * The outputs of a network at a point, at theta + e v + f w + ... for the given directions.
 *
 * @param order the maximum order of derivatives with respect to coordinates
 */
export const networkOracle = (
  { program: { operations, inFeatures: d, output }, layout: { entries } }: Network,
  point: ArrayLike<number>,
  {
    theta,
    directions,
    order,
  }: {
    readonly theta: ArrayLike<number>;
    readonly directions: readonly ArrayLike<number>[];
    readonly order: 0 | 1 | 2;
  },
): OutputDerivative[] => {
  const t = taylorAlgebra(d + directions.length, order + directions.length);
  const steps = directions.map((_, k) => t.variable(d + k, 0));
  const read: Read = numbers => {
    if (numbers.kind === 'constant') return Array.from(numbers.values(), x => t.constant(x));
    const { offset, size } = entries[numbers.index] as (typeof entries)[number];
    return Array.from({ length: size }, (_, i) =>
      directions.reduce<TaylorNumber>(
        (sum, direction, k) => t.add(sum, t.scale(steps[k] as TaylorNumber, direction[offset + i] as number)),
        t.constant(theta[offset + i] as number),
      ),
    );
  };
  const registers: (readonly TaylorNumber[])[] = [
    Array.from({ length: d }, (_, k) => t.variable(k, point[k] as number)),
  ];
  for (const operation of operations)
    registers.push(
      run(
        t,
        operation,
        operation.inputs.map(register => registers[register] as readonly TaylorNumber[]),
        read,
      ),
    );
  const axes = Array.from({ length: d }, (_, k) => k);
  return (registers[output] as readonly TaylorNumber[]).map(
    f => (by, along) =>
      t.derivative(f, [
        ...axes.map(k => by.filter(axis => axis === k).length),
        ...directions.map((_, k) => along.filter(which => which === k).length),
      ]),
  );
};
