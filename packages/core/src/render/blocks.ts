/**
 * @file The operations of a network on blocks of points, in plain TypeScript: the value alone. Registers are row-major
 * `f32[points, features]`; sums and scalar functions are in float64.
 */
import { linearise, type Operand } from '../elementwise/instructions.ts';
import { operationFunction } from '../elementwise/operations.ts';
import type { OperandArray } from '../ops/arrays.ts';
import { rowInBlocks } from '../ops/grid-blocks.ts';
import { HASH_PRIMES } from '../ops/grid-hash.ts';
import { weightPolynomial } from '../ops/grid-interpolation.ts';
import type {
  ColumnsOperation,
  ConcatOperation,
  ConstantOperation,
  ElementwiseFunction,
  ElementwiseOperation,
  GridLevel,
  GridOperation,
  LinearOperation,
  Operation,
  ProductOperation,
  SumOperation,
} from '../ops/operation.ts';

/** Computes the output of an operation at the first `points` rows of its inputs. */
export type Block = (inputs: readonly Float32Array[], output: Float32Array, points: number) => void;

/** The array behind an operand of an operation. */
export type ArrayReader = (operand: OperandArray) => Float32Array;

const linearBlock = ({ weight, bias, outFeatures }: LinearOperation, read: ArrayReader): Block => {
  const w = read(weight);
  const start = bias ? read(bias) : new Float32Array(outFeatures);
  const inFeatures = weight.shape[0] as number;
  const sums = new Float64Array(outFeatures);
  return ([input], output, points) => {
    for (let point = 0; point < points; point++) {
      sums.set(start);
      for (let i = 0; i < inFeatures; i++) {
        const h = input![point * inFeatures + i]!;
        const row = i * outFeatures;
        for (let j = 0; j < outFeatures; j++) sums[j]! += h * w[row + j]!;
      }
      output.set(sums, point * outFeatures);
    }
  };
};

/** @throws TypeError for an activation that is written in tfjs ops */
const elementwiseBlock = (
  { activation, outFeatures }: Pick<ElementwiseOperation, 'activation' | 'outFeatures'>,
  read: ArrayReader,
): Block => {
  const { definition, parameters }: ElementwiseFunction = activation;
  if (definition.expressions === undefined)
    throw new TypeError(
      `render: the activation '${definition.kind}' must be a formula (defineActivation), got one in TensorFlow.js ops`,
    );
  const program = linearise(
    [definition.expressions.derivatives[0]],
    parameters.map(({ name }) => name),
  );
  const given = parameters.map(({ value }) => (typeof value === 'number' ? value : read(value)[0]!));
  const uniforms: number[] = [];
  const scalars = { constant: program.constants, parameter: given, uniform: uniforms };
  const scalar = ({ kind, index }: Operand): number => scalars[kind as keyof typeof scalars][index]!;
  for (const { op, operands } of program.uniforms) {
    const [a = 0, b = 0, c = 0] = operands.map(scalar);
    uniforms.push(operationFunction(op)(a, b, c));
  }
  const [result] = program.results as readonly [Operand];
  let values: Float64Array[] = [];
  return ([input], output, points) => {
    const size = points * outFeatures;
    if ((values[0]?.length ?? 0) < size) values = program.instructions.map(() => new Float64Array(size));
    // An operand that is the same for all elements is read over and over from an array of one.
    const source = (operand: Operand | undefined): readonly [ArrayLike<number>, 0 | 1] => {
      if (operand === undefined) return [[0], 0];
      if (operand.kind === 'argument') return [input!, 1];
      return operand.kind === 'value' ? [values[operand.index]!, 1] : [[scalar(operand)], 0];
    };
    for (const [i, { op, operands }] of program.instructions.entries()) {
      const apply = operationFunction(op);
      const [[a, aStep], [b, bStep], [c, cStep]] = [source(operands[0]), source(operands[1]), source(operands[2])];
      const target = values[i]!;
      for (let k = 0; k < size; k++) target[k] = apply(a[k * aStep]!, b[k * bStep]!, c[k * cStep]!);
    }
    const [found, step] = source(result);
    for (let k = 0; k < size; k++) output[k] = found[k * step]!;
  };
};

const concatBlock =
  ({ outFeatures }: ConcatOperation, widths: readonly number[]): Block =>
  (inputs, output, points) => {
    let column = 0;
    for (const [i, input] of inputs.entries()) {
      const width = widths[i]!;
      for (let point = 0; point < points; point++)
        output.set(input.subarray(point * width, (point + 1) * width), point * outFeatures + column);
      column += width;
    }
  };

const sumBlock =
  ({ coefficients, outFeatures }: SumOperation): Block =>
  (inputs, output, points) => {
    for (let k = 0; k < points * outFeatures; k++) {
      let sum = 0;
      for (let i = 0; i < inputs.length; i++) sum += coefficients[i]! * inputs[i]![k]!;
      output[k] = sum;
    }
  };

const productBlock =
  ({ outFeatures }: ProductOperation): Block =>
  ([a, b], output, points) => {
    for (let k = 0; k < points * outFeatures; k++) output[k] = a![k]! * b![k]!;
  };

const columnsBlock =
  ({ columns, outFeatures }: ColumnsOperation, [width = 0]: readonly number[]): Block =>
  ([input], output, points) => {
    for (let point = 0; point < points; point++)
      for (let j = 0; j < outFeatures; j++) output[point * outFeatures + j] = input![point * width + columns[j]!]!;
  };

const constantBlock = ({ values, column, outFeatures }: ConstantOperation, read: ArrayReader): Block => {
  const all = read(values);
  const width = column === undefined ? 1 : (values.shape[1] as number);
  const row = Float32Array.from({ length: outFeatures }, (_, j) => all[j * width + (column ?? 0)]!);
  return (_, output, points) => {
    for (let point = 0; point < points; point++) output.set(row, point * outFeatures);
  };
};

const rowOf = (vertex: readonly number[], { resolution, firstRow, rows, hashed, blocks }: GridLevel): number => {
  if (blocks) return firstRow + rowInBlocks(vertex, resolution, blocks);
  if (!hashed) return firstRow + vertex.reduceRight((row, place) => row * (resolution + 1) + place, 0);
  const mixed = vertex.reduce((hash, place, axis) => hash ^ Math.imul(place, HASH_PRIMES[axis]!), 0);
  return firstRow + (mixed & (rows - 1));
};

const gridBlock = (
  { table, levels, outFeatures, interpolation }: GridOperation,
  [axes = 0]: readonly number[],
  read: ArrayReader,
): Block => {
  const polynomial = weightPolynomial(interpolation, 0);
  const values = read(table);
  const features = table.shape[1] as number;
  const cell = new Array<number>(axes).fill(0);
  const high = new Array<number>(axes).fill(0);
  return ([input], output, points) => {
    output.fill(0, 0, points * outFeatures);
    for (let point = 0; point < points; point++)
      for (const [l, level] of levels.entries()) {
        for (let axis = 0; axis < axes; axis++) {
          const u = ((input![point * axes + axis]! + 1) * level.resolution) / 2;
          cell[axis] = Math.min(Math.max(Math.floor(u), 0), level.resolution - 1);
          const t = u - cell[axis]!;
          const place = interpolation === 'nearest' ? Number(t > 0.5) : t;
          high[axis] = polynomial.reduceRight((sum, coefficient) => sum * place + coefficient, 0);
        }
        for (let corner = 0; corner < 2 ** axes; corner++) {
          const bits = cell.map((_, axis) => (corner >> axis) & 1);
          const weight = high.reduce((product, t, axis) => product * (bits[axis] ? t : 1 - t), 1);
          const row = rowOf(
            cell.map((place, axis) => place + bits[axis]!),
            level,
          );
          const at = point * outFeatures + l * features;
          for (let f = 0; f < features; f++) output[at + f]! += weight * values[row * features + f]!;
        }
      }
  };
};

/**
 * An operation as a function of blocks of points.
 *
 * @param widths the features of its inputs
 * @throws TypeError for what is written in tfjs ops
 */
export const blockOf = (operation: Operation, widths: readonly number[], read: ArrayReader): Block => {
  switch (operation.kind) {
    case 'linear':
      return linearBlock(operation, read);
    case 'elementwise':
      return elementwiseBlock(operation, read);
    case 'concat':
      return concatBlock(operation, widths);
    case 'sum':
      return sumBlock(operation);
    case 'product':
      return productBlock(operation);
    case 'columns':
      return columnsBlock(operation, widths);
    case 'constant':
      return constantBlock(operation, read);
    case 'grid':
      return gridBlock(operation, widths, read);
    case 'custom':
      throw new TypeError(
        'render: a layer has a custom rule in TensorFlow.js ops, which runs with field.evaluate alone',
      );
  }
};
