/**
 * @file Traces networks as functions of jets. A layer receives a signal, a symbolic jet of some features, and returns
 *   one; its operations are recorded once, and then run on any backend. The functions here are the algebra of jets:
 *   each has its own chain rule, so that a layer never implements one.
 */

import type { ActivationDefinition, ActivationSpec } from '../activations/activation.ts';
import { assertCount } from '../assert-number.ts';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { OperandArray, ParameterArray } from '../ops/arrays.ts';
import { blocksAlong, type GridBlocks } from '../ops/grid-blocks.ts';
import { MAX_GRID_AXES } from '../ops/grid-hash.ts';
import { GRID_INTERPOLATIONS, type GridInterpolation } from '../ops/grid-interpolation.ts';
import type {
  CustomRuleInputs,
  CustomTangentInputs,
  ElementwiseParameter,
  GridLevel,
  Operation,
  Register,
} from '../ops/operation.ts';

/** The operations recorded for a network. */
export class Recording {
  readonly operations: Operation[] = [];
  /** For each operation, the path of the layer that recorded it. */
  readonly owners: string[] = [];
  /** The path of the layer that records now. */
  owner = '';

  /** @returns the register that the operation writes */
  add(operation: Operation): Register {
    this.owners.push(this.owner);
    return this.operations.push(operation);
  }
}

/** The jet of some features within a network. */
export class Signal {
  readonly features: number;
  /**
   * The activation whose output this is, with all its parameters; absent for coordinates, encodings, and combinations
   * of signals of different origin. Used by initialisers.
   */
  readonly origin: ActivationSpec | undefined;
  readonly recording: Recording;
  readonly register: Register;

  /** Made by the functions of this file. */
  constructor(recording: Recording, register: Register, features: number, origin?: ActivationSpec) {
    this.recording = recording;
    this.register = register;
    this.features = features;
    this.origin = origin;
  }

  /** The same features, marked as the output of an activation. */
  from(origin: ActivationSpec | undefined): Signal {
    return new Signal(this.recording, this.register, this.features, origin);
  }
}

const describe = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

const assertShape = (what: string, { shape }: OperandArray, wanted: readonly number[]): void => {
  if (shape.length !== wanted.length || shape.some((length, axis) => length !== wanted[axis]))
    throw new RangeError(`${what} must be ${describe(wanted)}, got ${describe(shape)}`);
};

/** The common recording of all signals. */
const recordingOf = (what: string, signals: readonly Signal[]): Recording => {
  const [first] = signals;
  if (first === undefined) throw new RangeError(`${what}: needs at least one signal, got none`);
  if (signals.some(({ recording }) => recording !== first.recording))
    throw new RangeError(`${what}: all signals must belong to one network`);
  return first.recording;
};

/** The common origin of all signals, if they have one. */
const commonOrigin = (signals: readonly Signal[]): ActivationSpec | undefined => {
  const texts = new Set(signals.map(({ origin }) => JSON.stringify(origin ?? null)));
  return texts.size === 1 ? signals[0]?.origin : undefined;
};

const assertSameWidth = (what: string, signals: readonly Signal[]): number => {
  const widths = signals.map(({ features }) => features);
  if (new Set(widths).size > 1)
    throw new RangeError(`${what}: all signals must have the same number of features, got ${widths.join(', ')}`);
  return widths[0] as number;
};

/**
 * z = h W + b.
 *
 * @param weight `[features, outFeatures]`
 * @param bias `[outFeatures]`
 * @throws RangeError when the shapes do not fit
 */
export const linear = (input: Signal, weight: OperandArray, bias?: OperandArray): Signal => {
  const outFeatures = weight.shape[1] as number;
  assertShape('linear: the weight', weight, [input.features, outFeatures]);
  if (bias) assertShape('linear: the bias', bias, [outFeatures]);
  const { recording, register } = input;
  const operation: Operation = { kind: 'linear', inputs: [register], outFeatures, weight, ...(bias && { bias }) };
  return new Signal(recording, recording.add(operation), outFeatures);
};

/**
 * s(h) for each feature.
 *
 * @param parameters values of the function's parameters: numbers, or learned scalars; its defaults where absent
 * @param start initial values of learned scalars, from which the steepness is estimated; the defaults where absent
 * @throws RangeError when a learned parameter has no derivative or is not a scalar
 */
export const elementwise = (
  input: Signal,
  definition: ActivationDefinition,
  parameters: Readonly<Record<string, number | ParameterArray>> = {},
  start: Readonly<Record<string, number>> = {},
): Signal => {
  const { recording, register, features } = input;
  const values = Object.entries(definition.parameters).map(([name, preset]): ElementwiseParameter => {
    const value = parameters[name] ?? preset;
    return { name, value, initial: typeof value === 'number' ? value : (start[name] ?? preset) };
  });
  for (const { name, value } of values) {
    if (typeof value === 'number') continue;
    assertShape(`elementwise: the parameter '${name}' of '${definition.kind}'`, value, []);
    if (definition.parameterDerivatives === undefined)
      throw new RangeError(`elementwise: '${name}' of '${definition.kind}' has no derivative, so it cannot be learned`);
  }
  const activation = { definition, parameters: values };
  return new Signal(
    recording,
    recording.add({ kind: 'elementwise', inputs: [register], outFeatures: features, activation }),
    features,
  );
};

/** The concatenated features of all signals. @throws RangeError when there is none */
export const concat = (signals: readonly Signal[]): Signal => {
  const recording = recordingOf('concat', signals);
  const outFeatures = signals.reduce((sum, { features }) => sum + features, 0);
  const inputs = signals.map(({ register }) => register);
  return new Signal(
    recording,
    recording.add({ kind: 'concat', inputs, outFeatures }),
    outFeatures,
    commonOrigin(signals),
  );
};

/**
 * sum_i coefficients_i h_i.
 *
 * @param coefficients all 1 if absent
 * @throws RangeError when there is no signal, when their widths differ, or unless there is one finite coefficient for
 *   each
 */
export const sum = (signals: readonly Signal[], coefficients: readonly number[] = signals.map(() => 1)): Signal => {
  const recording = recordingOf('sum', signals);
  const outFeatures = assertSameWidth('sum', signals);
  if (coefficients.length !== signals.length || !coefficients.every(Number.isFinite))
    throw new RangeError(`sum: must have ${signals.length} finite coefficients, got ${coefficients.join(', ')}`);
  const inputs = signals.map(({ register }) => register);
  return new Signal(
    recording,
    recording.add({ kind: 'sum', inputs, outFeatures, coefficients }),
    outFeatures,
    commonOrigin(signals),
  );
};

/** a b, feature by feature. @throws RangeError when the widths differ */
export const product = (a: Signal, b: Signal): Signal => {
  const recording = recordingOf('product', [a, b]);
  const outFeatures = assertSameWidth('product', [a, b]);
  const register = recording.add({ kind: 'product', inputs: [a.register, b.register], outFeatures });
  return new Signal(recording, register, outFeatures, commonOrigin([a, b]));
};

/** Columns given by a function, which is called when the network is first evaluated: a spec may name very many. */
export interface ColumnRule {
  readonly count: number;
  /** The input feature that becomes feature j, an integer >= 0. */
  column(j: number): number;
}

const columnsOf = ({ count, column }: ColumnRule, features: number): readonly number[] => {
  const picked = Array.from({ length: count }, (_, j) => column(j));
  const wrong = picked.find(feature => !(Number.isInteger(feature) && feature >= 0 && feature < features));
  if (wrong !== undefined) throw new RangeError(`columns: must be integers from 0 to ${features - 1}, got ${wrong}`);
  return picked;
};

/**
 * Feature j is feature `picked[j]` of the input: a selection, permutation or repetition.
 *
 * @throws RangeError when there is no such feature: immediately for a list, at evaluation for a rule
 */
export const columns = (input: Signal, picked: readonly number[] | ColumnRule): Signal => {
  const { recording, register, origin, features } = input;
  const isList = 'length' in picked;
  const rule = isList ? { count: picked.length, column: (j: number) => picked[j] as number } : picked;
  let made = isList ? columnsOf(rule, features) : undefined;
  if (!(rule.count >= 1)) throw new RangeError(`columns: must have at least one feature, got ${rule.count}`);
  const operation: Operation = {
    kind: 'columns',
    inputs: [register],
    outFeatures: rule.count,
    get columns() {
      made ??= columnsOf(rule, features);
      return made;
    },
  };
  return new Signal(recording, recording.add(operation), rule.count, origin);
};

/**
 * The same features at all points.
 *
 * @param like any signal of the network
 * @param column for `values` of shape `[features, k]`, the column to use; all values if absent
 * @throws RangeError when there is no such column
 */
export const constant = ({ recording }: Signal, values: OperandArray, column?: number): Signal => {
  const [rows = 0, k = 0] = values.shape;
  if (column !== undefined && !(values.shape.length === 2 && column >= 0 && column < k))
    throw new RangeError(`constant: column must be one of a matrix, got ${column} of ${describe(values.shape)}`);
  const outFeatures = column === undefined ? sizeOf(values.shape) : rows;
  const operation: Operation = {
    kind: 'constant',
    inputs: [],
    outFeatures,
    values,
    ...(column !== undefined && { column }),
  };
  return new Signal(recording, recording.add(operation), outFeatures);
};

/** Kernels compute with the places of vertices in 32 bits. */
const MAX_BLOCK_VERTICES = 2 ** 31;

const assertBlocks = (
  index: number,
  { axes, resolution, rows }: { readonly axes: number; readonly resolution: number; readonly rows: number },
  { log2Size, firstRows }: GridBlocks,
): void => {
  if (!(Number.isInteger(log2Size) && log2Size >= 0 && log2Size <= 10))
    throw new RangeError(`grid: log2Size of level ${index} must be an integer from 0 to 10, got ${log2Size}`);
  const [count, size] = [blocksAlong(resolution, log2Size) ** axes, 2 ** (log2Size * axes)];
  if (count * size > MAX_BLOCK_VERTICES)
    throw new RangeError(`grid: level ${index} must have at most ${MAX_BLOCK_VERTICES} vertices, got ${count * size}`);
  if (firstRows.length !== count)
    throw new RangeError(`grid: level ${index} must have firstRows of ${count} blocks, got ${firstRows.length}`);
  const wrong = firstRows.find(first => first < 0 || (first > 0 && first + size > rows));
  if (wrong !== undefined)
    throw new RangeError(`grid: a block of level ${index} must be within its ${rows} rows, got first row ${wrong}`);
};

/** The options of {@link grid}. */
export interface GridOptions {
  /** How it interpolates along each axis; `linear` if absent. */
  readonly interpolation?: GridInterpolation;
}

/**
 * Rows of a table at grid vertices over [-1, 1]^features, interpolated; the concatenated features of all levels. See
 * `ops/grid.ts`.
 *
 * @param table `[rows, features per row]`
 * @throws RangeError when a level is not within the table, the interpolation is unknown, or there are more axes than
 *   the hash has primes
 */
export const grid = (
  input: Signal,
  table: OperandArray,
  levels: readonly GridLevel[],
  { interpolation = 'linear' }: GridOptions = {},
): Signal => {
  const [rows = 0, rowFeatures = 0] = table.shape;
  if (input.features > MAX_GRID_AXES)
    throw new RangeError(`grid: must have at most ${MAX_GRID_AXES} axes, got ${input.features}`);
  if (!GRID_INTERPOLATIONS.includes(interpolation))
    throw new RangeError(
      `grid: interpolation must be one of ${GRID_INTERPOLATIONS.join(', ')}, got ${JSON.stringify(interpolation)}`,
    );
  if (levels.length === 0) throw new RangeError('grid: needs at least one level, got none');
  for (const [index, { resolution, firstRow, rows: own, hashed, blocks }] of levels.entries()) {
    const wanted = (resolution + 1) ** input.features;
    assertCount(`grid: the resolution of level ${index}`, resolution);
    if (!(firstRow >= 0 && firstRow + own <= rows))
      throw new RangeError(
        `grid: level ${index} must be within the table's ${rows} rows, got rows ${firstRow} ... ${firstRow + own - 1}`,
      );
    if (blocks) {
      assertBlocks(index, { axes: input.features, resolution, rows: own }, blocks);
      continue;
    }
    if (hashed ? !Number.isInteger(Math.log2(own)) : own < wanted)
      throw new RangeError(
        `grid: level ${index} must have ${hashed ? 'a power of two as its number of rows' : `${wanted} rows for its vertices`}, got ${own}`,
      );
  }
  const { recording, register } = input;
  const outFeatures = levels.length * rowFeatures;
  return new Signal(
    recording,
    recording.add({ kind: 'grid', inputs: [register], outFeatures, table, levels, interpolation }),
    outFeatures,
  );
};

/** The definition of a {@link custom} operation. */
export interface CustomRule {
  readonly outFeatures: number;
  /** Parameters and constants that the rule uses, in the order in which it gets them. */
  readonly arrays?: readonly OperandArray[];
  /**
   * The jet of the output, in tfjs ops with a correct gradient: one backward pass runs through them. It computes the
   * output's derivatives from those of the inputs by the chain rule.
   */
  rule(given: CustomRuleInputs): LayerJet;
  /**
   * The jet's directional derivative with respect to the parameters, likewise in tfjs ops. Required for Hessian-vector
   * products.
   */
  tangent?(given: CustomTangentInputs): LayerJet;
}

/** A custom rule, for what the other functions do not cover. It runs in ordinary tfjs ops on every backend. */
export const custom = (inputs: readonly Signal[], { outFeatures, arrays = [], rule, tangent }: CustomRule): Signal => {
  const recording = recordingOf('custom', inputs);
  const registers = inputs.map(({ register }) => register);
  const operation: Operation = {
    kind: 'custom',
    inputs: registers,
    outFeatures,
    arrays,
    rule,
    ...(tangent && { tangent }),
  };
  return new Signal(recording, recording.add(operation), outFeatures);
};
