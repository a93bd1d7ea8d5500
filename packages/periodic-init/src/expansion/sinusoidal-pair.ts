/** @file Two layers of sines, as numbers in float64 with their frequency factors multiplied in. */
import type { Field } from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import type { Variable } from '@tensorflow/tfjs-core';
import { angularFrequencies, isPeriodic } from '../periodic-layer.ts';

/**
 * The first two layers of a sinusoidal network,
 *
 *     h_i(x) = sin(sum_j W_ji sin(omega_j x + phi_j) + b_i)
 *
 * with the factors of their activations in W, b, omega and phi.
 */
export interface SinusoidalPair {
  /** The number d of coordinates. */
  readonly inFeatures: number;
  /** The input frequencies omega_j, row-major `[m, d]`, in radians per unit of the coordinate. */
  readonly frequencies: Float64Array;
  /** The input phases phi_j `[m]`. */
  readonly phases: Float64Array;
  /** The effective weights W, row-major `[m, n]`. */
  readonly weights: Float64Array;
  /** The effective biases b `[n]`. */
  readonly biases: Float64Array;
}

/** A linear layer on the second one. */
export interface LinearOutput {
  /** Row-major `[n, outFeatures]`. */
  readonly weights: Float64Array;
  /** `[outFeatures]`; zeros for a layer without bias. */
  readonly biases: Float64Array;
}

/** The layers of a field of two sinusoidal layers and a linear one, which is a sum of sines. */
export interface SinusoidalNetwork extends SinusoidalPair {
  readonly output: LinearOutput;
}

const scaled = (values: ArrayLike<number>, factor: number): Float64Array =>
  Float64Array.from(values, value => factor * value);

/** `[m, d]` of `[d, m]`. */
const transposed = (values: Float64Array, rows: number): Float64Array => {
  const columns = values.length / rows;
  return Float64Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number);
};

/** The frequency factor of a dense layer with a sine; `undefined` for any other layer. */
const omegaOf = (layer: { readonly kind: string } | undefined): number | undefined => {
  const { kind, activation } = (layer ?? {}) as Partial<DenseSpec>;
  if (kind !== 'dense' || activation?.kind !== 'sine' || (activation.learnable ?? []).length > 0) return undefined;
  return (activation['omega'] as number | undefined) ?? 1;
};

/** The values of a parameter. */
const read = async (field: Field, name: string): Promise<Float32Array> =>
  Float32Array.from(await (field.parameters[name] as Variable).data());

/** The weight of a layer, row-major. */
const weightOf = (field: Field, layer: number): Promise<Float32Array> => read(field, `layers.${layer}.weight`);

/** The bias of a layer; zeros where it has none. */
const biasOf = async (field: Field, layer: number, width: number): Promise<Float32Array> => {
  const name = `layers.${layer}.bias`;
  return field.layout.has(name) ? read(field, name) : new Float32Array(width);
};

/**
 * The first two layers of a field: a periodic layer or a dense one with a sine, and a dense one with a sine.
 *
 * @throws TypeError when the field begins with other layers
 */
export const sinusoidalPair = async (field: Field): Promise<SinusoidalPair> => {
  const { layers, inFeatures } = field.spec;
  const [first, second] = layers;
  const omega = omegaOf(second);
  const firstOmega = isPeriodic(first) ? 1 : omegaOf(first);
  if (firstOmega === undefined || omega === undefined)
    throw new TypeError(
      `sinusoidalPair: the field must begin with a periodic or dense sine layer and a dense sine layer, got ${layers.map(({ kind }) => `'${kind}'`).join(', ')}`,
    );
  const frozen = isPeriodic(first) && !first.trainable;
  // Frozen frequencies are used in the float32 precision in which the layer computes.
  const columns = frozen ? Float32Array.from(angularFrequencies(first)) : await weightOf(field, 0);
  const weights = await weightOf(field, 1);
  const m = columns.length / inFeatures;
  return {
    inFeatures,
    frequencies: transposed(scaled(columns, firstOmega), inFeatures),
    phases: scaled(await biasOf(field, 0, m), firstOmega),
    weights: scaled(weights, omega),
    biases: scaled(await biasOf(field, 1, weights.length / m), omega),
  };
};

/**
 * The layers of a field that is a sum of sines: two sinusoidal layers, and a linear one.
 *
 * @throws TypeError when the field has other layers
 */
export const sinusoidalNetwork = async (field: Field): Promise<SinusoidalNetwork> => {
  const pair = await sinusoidalPair(field);
  const last = field.spec.layers[2] as DenseSpec | undefined;
  if (field.spec.layers.length !== 3 || last?.kind !== 'dense' || last.activation.kind !== 'identity')
    throw new TypeError(
      `sinusoidalNetwork: the field must have two sinusoidal layers and a linear one, got ${field.spec.layers.length} layers`,
    );
  return {
    ...pair,
    output: {
      weights: scaled(await weightOf(field, 2), 1),
      biases: scaled(await biasOf(field, 2, last.outFeatures), 1),
    },
  };
};
