/**
 * @file Networks as functions of jets. A layer receives a signal, the jet of some features whose numbers are not known
 *   yet, and returns one; what it does with it is recorded as operations, once, and then run by whichever backend there
 *   is. The functions here are the algebra of jets: each knows its own chain rule, so that a layer never writes one
 *   down.
 */
import type { ActivationDefinition, ActivationSpec } from '../activations/activation.ts';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { OperandArray, ParameterArray } from '../ops/arrays.ts';
import { MAX_GRID_AXES } from '../ops/grid.ts';
import type {
  CustomRuleInputs,
  CustomTangentInputs,
  ElementwiseParameter,
  GridLevel,
  Operation,
  Register,
} from '../ops/operation.ts';

/** The operations of a network that is being written down. */
export class Recording {
  readonly operations: Operation[] = [];

  /** @returns the register that the operation writes */
  add(operation: Operation): Register {
    return this.operations.push(operation);
  }
}

/** The jet of some features within a network. */
export class Signal {
  readonly features: number;
  /**
   * The activation whose output this is, with all its parameters; absent for coordinates, for encodings, and for what
   * is put together from signals of different origin. Initialisers ask for it.
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

  /** The same features, said to be the output of an activation. */
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

/** The recording of all signals. */
const recordingOf = (what: string, signals: readonly Signal[]): Recording => {
  const [first] = signals;
  if (first === undefined) throw new RangeError(`${what}: needs at least one signal, got none`);
  if (signals.some(({ recording }) => recording !== first.recording))
    throw new RangeError(`${what}: all signals must be of one network`);
  return first.recording;
};

/** What all signals come from, where that is the same. */
const commonOrigin = (signals: readonly Signal[]): ActivationSpec | undefined => {
  const texts = new Set(signals.map(({ origin }) => JSON.stringify(origin ?? null)));
  return texts.size === 1 ? signals[0]?.origin : undefined;
};

const assertSameWidth = (what: string, signals: readonly Signal[]): number => {
  const widths = signals.map(({ features }) => features);
  if (new Set(widths).size > 1)
    throw new RangeError(`${what}: all signals must have as many features, got ${widths.join(', ')}`);
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
 * @param parameters values of the function's parameters, numbers or learned scalars; its defaults where absent
 * @param start what learned scalars are at the start, which says how steep the function may be; the defaults where
 *   absent
 * @throws RangeError when a learned parameter has no derivative or is no scalar
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

/** The features of all signals, one after the other. @throws RangeError when there is none */
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
 * @throws RangeError when there is no signal, when their widths differ, or there is not one finite coefficient for each
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

/** Columns as a rule: nothing is made of them before the network is evaluated, however many a spec names. */
export interface ColumnRule {
  readonly count: number;
  /** Which feature feature j is, a whole number from 0. */
  column(j: number): number;
}

const columnsOf = ({ count, column }: ColumnRule, features: number): readonly number[] => {
  const picked = Array.from({ length: count }, (_, j) => column(j));
  const wrong = picked.find(feature => !(Number.isInteger(feature) && feature >= 0 && feature < features));
  if (wrong !== undefined) throw new RangeError(`columns: must be features of 0 ... ${features - 1}, got ${wrong}`);
  return picked;
};

/**
 * Feature j is feature `picked[j]` of the input: a part, a permutation, a repetition.
 *
 * @throws RangeError when there is no such feature: at once for a list, when the network is evaluated for a rule
 */
export const columns = (input: Signal, picked: readonly number[] | ColumnRule): Signal => {
  const { recording, register, origin, features } = input;
  const isList = 'length' in picked;
  const rule = isList ? { count: picked.length, column: (j: number) => picked[j] as number } : picked;
  let made = isList ? columnsOf(rule, features) : undefined;
  if (!(rule.count >= 1)) throw new RangeError(`columns: must be at least one feature, got ${rule.count}`);
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
 * @param like a signal of the network
 * @param column where `values` is `[features, k]`: the column that is meant; all values if absent
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

/**
 * Rows of a table at the vertices of grids over [-1, 1]^features, interpolated linearly; the features of all levels,
 * one after the other. See `ops/grid.ts`.
 *
 * @param table `[rows, features of a row]`
 * @throws RangeError when the levels do not lie in the table, or there are more axes than the hash has primes
 */
export const grid = (input: Signal, table: OperandArray, levels: readonly GridLevel[]): Signal => {
  const [rows = 0, rowFeatures = 0] = table.shape;
  if (input.features > MAX_GRID_AXES)
    throw new RangeError(`grid: may have ${MAX_GRID_AXES} axes at most, got ${input.features}`);
  if (levels.length === 0) throw new RangeError('grid: needs at least one level, got none');
  for (const [index, { resolution, firstRow, rows: own, hashed }] of levels.entries()) {
    const wanted = (resolution + 1) ** input.features;
    if (!(Number.isInteger(resolution) && resolution >= 1))
      throw new RangeError(`grid: the resolution of level ${index} must be a positive integer, got ${resolution}`);
    if (!(firstRow >= 0 && firstRow + own <= rows))
      throw new RangeError(
        `grid: level ${index} must lie in the table's ${rows} rows, got rows ${firstRow} ... ${firstRow + own - 1}`,
      );
    if (hashed ? !Number.isInteger(Math.log2(own)) : own < wanted)
      throw new RangeError(
        `grid: level ${index} must have ${hashed ? 'a power of two of rows' : `${wanted} rows for its vertices`}, got ${own}`,
      );
  }
  const { recording, register } = input;
  const outFeatures = levels.length * rowFeatures;
  return new Signal(
    recording,
    recording.add({ kind: 'grid', inputs: [register], outFeatures, table, levels }),
    outFeatures,
  );
};

/** What {@link custom} is made of. */
export interface CustomRule {
  readonly outFeatures: number;
  /** What the rule needs beside its inputs, in the order in which it is given them. */
  readonly arrays?: readonly OperandArray[];
  /**
   * The jet of the output in tfjs ops whose ordinary gradient is right: one reverse pass runs through them. It works
   * the derivatives of the output out of those of the inputs by the chain rule.
   */
  rule(given: CustomRuleInputs): LayerJet;
  /**
   * The derivative of that along a direction of the parameters, likewise: for products with a Hessian, which it is
   * refused without.
   */
  tangent?(given: CustomTangentInputs): LayerJet;
}

/** A rule of one's own, where the other functions do not say it. It runs in ordinary tfjs ops on every backend. */
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
