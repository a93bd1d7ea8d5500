/** @file The value of any field in float64, operation by operation: the reference for derivatives of presets. */
import type { Field } from '@neural-fields/core';
import { evaluateScalar, linearise } from '@neural-fields/core/elementwise';
import { type GridOperation, HASH_PRIMES, networkOf, type Operation } from '@neural-fields/core/kernels';
import type { OperandArray } from '@neural-fields/core/layers';
import { centralDifference } from '@neural-fields/testing';

/** The value of a field, and its derivatives by central differences of order 8. */
export interface Float64Field {
  /** `[outFeatures]` */
  value(point: Float64Array): Float64Array;
  /** `[inFeatures][outFeatures]` */
  gradient(point: Float64Array): Float64Array[];
  /** `[outFeatures]` */
  laplacian(point: Float64Array): Float64Array;
}

type ArrayValues = (array: OperandArray) => ArrayLike<number>;

/** Rows of a table at the corners of each level's cell, interpolated linearly: Mueller et al. 2022, section 3. */
const interpolated = (point: Float64Array, operation: GridOperation, table: ArrayLike<number>): Float64Array => {
  const width = operation.table.shape[1] as number;
  const features = operation.levels.flatMap(({ resolution, firstRow, rows, hashed }) => {
    const at = [...point].map(x => ((x + 1) / 2) * resolution);
    const sums = Array.from({ length: width }, () => 0);
    for (let corner = 0; corner < 2 ** point.length; corner++) {
      const bits = at.map((_, axis) => (corner >> axis) & 1);
      const vertex = at.map((u, axis) => Math.floor(u) + bits[axis]!);
      const weight = at.reduce((product, u, axis) => product * Math.abs(1 - bits[axis]! - (u - Math.floor(u))), 1);
      const mixed = vertex.reduce((hash, v, axis) => hash ^ Math.imul(v, HASH_PRIMES[axis]!), 0) >>> 0;
      const plain = vertex.reduce((row, v, axis) => row + v * (resolution + 1) ** axis, 0);
      const row = firstRow + (hashed ? mixed % rows : plain);
      for (let j = 0; j < width; j++) sums[j] = sums[j]! + weight * table[row * width + j]!;
    }
    return sums;
  });
  return Float64Array.from(features);
};

/** The features of an operation. */
const run = (operation: Operation, registers: readonly Float64Array[], valuesOf: ArrayValues): Float64Array => {
  const inputs = operation.inputs.map(register => registers[register] as Float64Array);
  const [first = new Float64Array(), second = new Float64Array()] = inputs;
  const { outFeatures } = operation;
  const each = (of: (j: number) => number): Float64Array => Float64Array.from({ length: outFeatures }, (_, j) => of(j));
  switch (operation.kind) {
    case 'linear': {
      const weight = valuesOf(operation.weight);
      const bias = operation.bias ? valuesOf(operation.bias) : undefined;
      return each(j => first.reduce((sum, x, i) => sum + x * weight[i * outFeatures + j]!, bias?.[j] ?? 0));
    }
    case 'elementwise': {
      const { definition, parameters } = operation.activation;
      const value = definition.expressions?.derivatives[0];
      if (value === undefined) throw new Error(`float64 field: '${definition.kind}' has no formula`);
      const values = Object.fromEntries(
        parameters.map(({ name, value: each }) => [name, typeof each === 'number' ? each : valuesOf(each)[0]!]),
      );
      const program = linearise([value], Object.keys(values));
      return first.map(x => evaluateScalar(program, x, values)[0] as number);
    }
    case 'concat':
      return Float64Array.from(inputs.flatMap(input => [...input]));
    case 'sum':
      return each(j => inputs.reduce((sum, input, i) => sum + operation.coefficients[i]! * input[j]!, 0));
    case 'product':
      return each(j => first[j]! * second[j]!);
    case 'columns':
      return each(j => first[operation.columns[j]!]!);
    case 'constant': {
      const { values, column } = operation;
      const all = valuesOf(values);
      return each(j => (column === undefined ? all[j]! : all[j * values.shape[1]! + column]!));
    }
    case 'grid':
      return interpolated(first, operation, valuesOf(operation.table));
    default:
      throw new Error(`float64 field: no rule for '${operation.kind}'`);
  }
};

/**
 * The field with its present parameters, in float64.
 *
 * @param step of the differences: 2e-4 covers frequencies up to about 1000, see `centralDifference`
 */
export const float64Field = (field: Field, step = 2e-4): Float64Field => {
  const { program, layout } = networkOf(field.spec, field.extensions);
  const parameters = layout.names().map(name => field.parameters[name]!.dataSync());
  const valuesOf: ArrayValues = array =>
    array.kind === 'parameter' ? (parameters[array.index] as Float32Array) : array.values();
  const value = (point: Float64Array): Float64Array => {
    const registers = [point];
    for (const operation of program.operations) registers.push(run(operation, registers, valuesOf));
    return registers[program.output] as Float64Array;
  };
  const along = (point: Float64Array, axis: number, of: () => Float64Array): Float64Array =>
    Float64Array.from({ length: program.outFeatures }, (_, o) =>
      centralDifference(point, axis, { step, of: () => of()[o] as number }),
    );
  const axes = Array.from({ length: program.inFeatures }, (_, axis) => axis);
  return {
    value,
    gradient: point => axes.map(axis => along(point, axis, () => value(point))),
    laplacian: point => {
      const second = axes.map(axis => along(point, axis, () => along(point, axis, () => value(point))));
      return second.reduce((sum, part) => sum.map((x, o) => x + (part[o] as number)));
    },
  };
};
