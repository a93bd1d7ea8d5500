/**
 * @file A bound on how far a removal changes a field's output.
 *
 * Two networks are followed through the operations at once, the given one and the one without the units. For each
 * feature h with h' in the other network, three numbers are kept: intervals that contain h and h' at all points of a
 * box, and d >= |h - h'|.
 *
 *     removed j, read by a product    d_j = max |h_j - m_j|, with the mean m_j where it is folded, else 0
 *     z = h W + b                     d_o = sum_j |W_jo| d_j
 *     s(z)                            d_o = min(L d_z, the largest difference of values of s),  L = max |s'|
 *     a b                             d   = max |a| d_b + max |b'| d_a
 *
 * For a sine layer behind the removed input j, and a linear one behind it, this is sum_i |C_oi| |omega W_ij|.
 */
import type { Field } from '@neural-fields/core';
import type {
  ElementwiseFunction,
  ElementwiseOperation,
  GridOperation,
  LinearOperation,
  Operation,
  ProductOperation,
  SumOperation,
} from '@neural-fields/core/kernels';
import type { OperandArray } from '@neural-fields/core/layers';
import { assertOptions } from '@neural-fields/core/options';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { readParameters } from '../field-values.ts';
import { type FeatureMeans, featureMeans, foldsMean, readersOf } from '../means.ts';
import { selectUnits, type UnitIndices } from '../selection.ts';
import { type Structure, structureOf, type Unit } from '../structure.ts';
import { closeRangeOf, everything, hull, type Interval, largestDifference, magnitude, product } from './interval.ts';

/** The options of {@link removalBound}. */
export interface RemovalBoundOptions {
  /** The points for which the bound holds: an interval for each coordinate; all [-1, 1] if absent. */
  readonly box?: readonly (readonly [low: number, high: number])[];
  /** The same as the option of `removeUnits`. */
  readonly meanOver?: Tensor2D;
}

/** A feature of both networks. */
interface Pair {
  readonly before: Interval;
  readonly after: Interval;
  /** At least |h - h'| at any point. */
  readonly change: number;
}

const scaled = (x: Interval, factor: number): Interval => product(x, { low: factor, high: factor });
const plus = (a: Interval, b: Interval): Interval => ({ low: a.low + b.low, high: a.high + b.high });

/** What the walk needs to know. */
interface Walk {
  readonly structure: Structure;
  readonly removed: ReadonlySet<Unit>;
  readonly means: FeatureMeans | undefined;
  values(array: OperandArray): Float32Array;
}

/** A weighted sum of features: weights[j] for feature j, and a constant. */
const combine = (pairs: readonly Pair[], weights: (j: number) => number, constant: number): Pair => {
  let [before, after, change]: [Interval, Interval, number] = [
    { low: constant, high: constant },
    { low: constant, high: constant },
    0,
  ];
  for (const [j, pair] of pairs.entries()) {
    const weight = weights(j);
    if (weight === 0) continue;
    before = plus(before, scaled(pair.before, weight));
    after = plus(after, scaled(pair.after, weight));
    change += Math.abs(weight) * pair.change;
  }
  return { before, after, change };
};

/** The features that a product reads: a removed one is its mean in the other network. */
const readBy = (operation: LinearOperation, pairs: readonly Pair[], walk: Walk): readonly Pair[] => {
  const { structure, removed, means } = walk;
  const [register] = operation.inputs;
  const units = structure.registers[register] as readonly Unit[];
  const folded = foldsMean(operation) ? means?.get(register) : undefined;
  return pairs.map((pair, j) => {
    if (!removed.has(units[j] as Unit)) return pair;
    const mean = folded?.[j] ?? 0;
    const after = { low: mean, high: mean };
    return { before: pair.before, after, change: largestDifference(pair.before, after) };
  });
};

const linear = (operation: LinearOperation, input: readonly Pair[], walk: Walk): readonly Pair[] => {
  const { outFeatures, weight, bias } = operation;
  const [matrix, biases] = [walk.values(weight), bias && walk.values(bias)];
  const pairs = readBy(operation, input, walk);
  return Array.from({ length: outFeatures }, (_, o) =>
    combine(pairs, j => matrix[j * outFeatures + o] as number, biases?.[o] ?? 0),
  );
};

/** 0 where both factors allow it, though one is infinite: an unchanged input has an unchanged value. */
const lipschitzTimes = (steepness: number, change: number): number => (change === 0 ? 0 : steepness * change);

const activate = (
  { definition, parameters }: ElementwiseFunction,
  pairs: readonly Pair[],
  walk: Walk,
): readonly Pair[] => {
  const { expressions } = definition;
  if (expressions === undefined)
    return pairs.map(({ change }) => ({
      before: everything,
      after: everything,
      change: change === 0 ? 0 : Number.POSITIVE_INFINITY,
    }));
  const values = Object.fromEntries(
    parameters.map(({ name, value }) => [name, typeof value === 'number' ? value : (walk.values(value)[0] as number)]),
  );
  const [s, slope] = expressions.derivatives;
  return pairs.map(pair => {
    const [before, after] = [closeRangeOf(s, pair.before, values), closeRangeOf(s, pair.after, values)];
    const steepness = magnitude(closeRangeOf(slope, hull(pair.before, pair.after), values));
    const change = Math.min(lipschitzTimes(steepness, pair.change), largestDifference(before, after));
    return { before, after, change: pair.change === 0 ? 0 : change };
  });
};

const sums = ({ coefficients }: SumOperation, inputs: readonly (readonly Pair[])[]): readonly Pair[] =>
  (inputs[0] as readonly Pair[]).map((_, j) =>
    combine(
      inputs.map(pairs => pairs[j] as Pair),
      i => coefficients[i] as number,
      0,
    ),
  );

const products = (_: ProductOperation, [a, b]: readonly (readonly Pair[])[]): readonly Pair[] =>
  (a as readonly Pair[]).map((left, j) => {
    const right = (b as readonly Pair[])[j] as Pair;
    return {
      before: product(left.before, right.before),
      after: product(left.after, right.after),
      change:
        lipschitzTimes(magnitude(left.before), right.change) + lipschitzTimes(magnitude(right.after), left.change),
    };
  });

/** Within its box, a grid interpolates between the rows of a level. */
const looksUp = (
  { table, levels, outFeatures }: GridOperation,
  input: readonly Pair[],
  walk: Walk,
): readonly Pair[] => {
  const width = outFeatures / levels.length;
  const rows = walk.values(table);
  const isInside = input.every(({ before }) => before.low >= -1 && before.high <= 1);
  return Array.from({ length: outFeatures }, (_, j) => {
    const level = levels[Math.floor(j / width)] as GridOperation['levels'][number];
    // A vertex without a row is 0.
    let [low, high] = level.blocks ? [0, 0] : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let row = level.firstRow; row < level.firstRow + level.rows; row++) {
      const value = rows[row * width + (j % width)] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const range = isInside ? { low, high } : everything;
    return { before: range, after: range, change: 0 };
  });
};

const unknown = (operation: Operation, inputs: readonly (readonly Pair[])[]): readonly Pair[] => {
  const changes = inputs.some(pairs => pairs.some(({ change }) => change > 0));
  const change = changes ? Number.POSITIVE_INFINITY : 0;
  return Array.from({ length: operation.outFeatures }, () => ({ before: everything, after: everything, change }));
};

const follow = (operation: Operation, inputs: readonly (readonly Pair[])[], walk: Walk): readonly Pair[] => {
  const [input = []] = inputs;
  switch (operation.kind) {
    case 'linear':
      return linear(operation, input, walk);
    case 'elementwise':
      return activate((operation satisfies ElementwiseOperation).activation, input, walk);
    case 'concat':
      return inputs.flat();
    case 'columns':
      return operation.columns.map(column => input[column] as Pair);
    case 'sum':
      return sums(operation, inputs);
    case 'product':
      return products(operation, inputs);
    case 'constant': {
      const values = walk.values(operation.values);
      const stride = operation.column === undefined ? 1 : (operation.values.shape[1] as number);
      return Array.from({ length: operation.outFeatures }, (_, j) => {
        const value = values[j * stride + (operation.column ?? 0)] as number;
        const range = { low: value, high: value };
        return { before: range, after: range, change: 0 };
      });
    }
    case 'grid':
      return looksUp(operation, input, walk);
    case 'custom':
      return unknown(operation, inputs);
  }
};

/** The bound for each output, for parameters `flat`. */
export const boundOf = (
  structure: Structure,
  flat: Float32Array,
  removed: ReadonlySet<Unit>,
  { box, means }: { readonly box?: RemovalBoundOptions['box']; readonly means?: FeatureMeans | undefined },
): Float64Array => {
  const { program, layout } = structure.network;
  const walk: Walk = {
    structure,
    removed,
    means,
    values: array => {
      if (array.kind === 'constant') return array.values();
      const { offset, size } = layout.entries[array.index] as (typeof layout.entries)[number];
      return flat.subarray(offset, offset + size);
    },
  };
  const registers: (readonly Pair[])[] = [
    Array.from({ length: program.inFeatures }, (_, axis) => {
      const [low, high] = box?.[axis] ?? [-1, 1];
      return { before: { low, high }, after: { low, high }, change: 0 };
    }),
  ];
  for (const operation of program.operations)
    registers.push(
      follow(
        operation,
        operation.inputs.map(register => registers[register] as readonly Pair[]),
        walk,
      ),
    );
  return Float64Array.from(registers[program.output] as readonly Pair[], ({ change }) => change);
};

/**
 * A bound on the change of each output when units are removed: |f_o(x) - f'_o(x)| at all points of a box, in exact
 * arithmetic. For inputs j removed from in front of a sine layer and a linear one it is
 *
 *     sum_i |C_oi| min(2, sum_j |omega W_ij|)
 *
 * and for deeper networks the composition of such sums with the largest slopes of the activations. It grows with the
 * depth, since it takes the worst signs in every layer. Activations are taken to be continuous. Infinity where there is
 * no bound, e.g. behind a custom operation.
 *
 * @returns `f64[outFeatures]`
 * @throws as `removeUnits`; RangeError unless the box has an interval for each coordinate
 */
export const removalBound = async (
  field: Field,
  selection: UnitIndices,
  options: RemovalBoundOptions = {},
): Promise<Float64Array> => {
  assertOptions('removalBound', options, { box: 1, meanOver: 1 });
  const { box, meanOver } = options;
  if (box && !(box.length === field.inFeatures && box.every(([low, high]) => low <= high)))
    throw new RangeError(
      `removalBound: box must have an interval for each of ${field.inFeatures} coordinates, got ${JSON.stringify(box)}`,
    );
  const structure = structureOf(field.spec, field.extensions);
  const units = selectUnits('removalBound', structure, selection);
  const flat = await readParameters(field);
  const registers = new Set(readersOf(structure, units).map(({ register }) => register));
  const means = meanOver && (await featureMeans(structure, flat, meanOver, registers));
  return boundOf(structure, flat, units, { ...(box && { box }), means });
};
