/** @file Layers: a kind, and a function from signal to signal that declares the layer's parameters. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition } from '../elementwise/activation.ts';
import type { InitialiserDefinition } from '../initialisers/initialiser.ts';
import type { ParameterArray } from '../ops/arrays.ts';
import type { Rng } from '../random.ts';
import type { Signal } from './signal.ts';

/** The JSON form of a layer: its kind, and the fields of that kind. */
export interface LayerSpec {
  readonly kind: string;
}

/** The declaration of a parameter. */
export interface ParameterOptions {
  readonly shape: readonly number[];
  /** Parameters of one group are trained alike; `network` if absent. */
  readonly group?: string;
  /** False for state that no optimizer changes; true if absent. */
  readonly trained?: boolean;
  /** Makes the initial values, row-major. */
  initialise(rng: Rng): Float32Array;
}

/** What a layer gets besides its input. */
export interface LayerContext<S extends LayerSpec = LayerSpec> {
  readonly spec: S;
  readonly extensions: Extensions;
  /** Declares a parameter, named by the layer's path and the role, e.g. `layers.0.weight` for the role `weight`. */
  parameter(role: string, options: ParameterOptions): ParameterArray;
  /**
   * An array that operations use like a parameter, computed from parameters: for example a table of rows of a codebook.
   * It is computed once for each evaluation, for all points, and gradients flow through it.
   *
   * @param make the array in its shape, in tfjs ops with a correct gradient; it gets the values of `from`
   */
  computed(
    shape: readonly number[],
    from: readonly ParameterArray[],
    make: (tensors: readonly Tensor[]) => Tensor,
  ): ParameterArray;
  /**
   * The mean and the variance of each feature of a signal over the points of a batch. In a step of a fit, the batch is
   * all points that a term draws, regardless of chunks, and gradients flow through both. Otherwise they are running
   * averages, which the layer has as parameters `<role>.mean` and `<role>.variance` of the group `statistics`, not
   * changed by the optimizer. Derivatives with respect to the coordinates treat them as constants.
   *
   * @param momentum the weight of a step's statistics in the running average
   */
  statistics(role: string, of: Signal, momentum: number): { readonly mean: Signal; readonly variance: Signal };
  /**
   * Applies another layer, whose parameters get this layer's path as a prefix.
   *
   * @param path the inner layer's path within this one's spec, e.g. `branches.1`
   */
  layer(spec: LayerSpec, path: string, input: Signal): Signal;
}

/** The context of a layer's spec. */
export interface LayerPlace {
  readonly inFeatures: number;
  readonly extensions: Extensions;
}

/** How the input frequencies of a layer are read and extended. */
export interface FrequencyAccess<S extends LayerSpec = LayerSpec> {
  /** The angular frequency of each unit, `[units][inFeatures]` in radians per unit of the input. */
  read(spec: S, place: LayerPlace): readonly (readonly number[])[];
  /**
   * The spec with further frequencies after its own ones, each rounded to one that the layer can have.
   *
   * @throws RangeError when the layer cannot have such frequencies
   */
  add(spec: S, frequencies: readonly (readonly number[])[], place: LayerPlace): S;
}

/**
 * A kind of layer. A custom layer is one such definition:
 *
 *     const gated: LayerDefinition = {
 *       kind: 'gated',
 *       apply(input, { layer }) {
 *         const gate = layer({ ...dense, activation: { kind: 'sigmoid' } }, 'gate', input);
 *         return product(layer(dense, 'features', input), gate);
 *       },
 *     };
 */
export interface LayerDefinition<S extends LayerSpec = LayerSpec> {
  readonly kind: S['kind'];
  /** @throws RangeError or TypeError when the spec is invalid; it may be any JSON value */
  assertSpec?(spec: S, place: LayerPlace): void;
  /** The output, built with the functions of `spec/signal.ts`. */
  apply(input: Signal, context: LayerContext<S>): Signal;
  /**
   * The spec of the same layer with some of its units: the groups of features that its operations make together, in
   * their order, e.g. the columns of a dense layer, the frequencies of an encoding, the levels of a grid. A layer whose
   * width follows from its input returns its spec unchanged. Networks with a layer without it cannot be pruned there.
   *
   * @param kept increasing indices, at least one
   */
  keepUnits?(spec: S, kept: readonly number[], place: LayerPlace): S;
  /** The spec of the same layer with `count` more units after its own; absent where there is no such spec. */
  addUnits?(spec: S, count: number, place: LayerPlace): S;
  /** For layers whose units are frequencies that the spec contains. */
  readonly frequencies?: FrequencyAccess<S>;
}

/** Definitions beyond core's. Pass the same object to every function that takes the spec. */
export interface Extensions {
  readonly layers?: readonly LayerDefinition[];
  readonly activations?: readonly ActivationDefinition[];
  readonly initialisers?: readonly InitialiserDefinition[];
}

/** The path of a layer in a spec, the prefix of its parameters' names. */
export const layerPath = (index: number): string => `layers.${index}`;
