/** @file What a layer is: a kind, and a function from signal to signal that says which parameters it has. */
import type { ActivationDefinition } from '../elementwise/activation.ts';
import type { InitialiserDefinition } from '../initialisers/initialiser.ts';
import type { ParameterArray } from '../ops/arrays.ts';
import type { Rng } from '../random.ts';
import type { Signal } from './signal.ts';

/** The JSON form of a layer: its kind, and whatever its definition needs. */
export interface LayerSpec {
  readonly kind: string;
}

/** How a parameter is declared. */
export interface ParameterOptions {
  readonly shape: readonly number[];
  /** Parameters of one group are trained alike; `network` if absent. */
  readonly group?: string;
  /** False for state that no optimizer changes; true if absent. */
  readonly trained?: boolean;
  /** Makes the initial values, row-major. */
  initialise(rng: Rng): Float32Array;
}

/** What a layer is given besides its input. */
export interface LayerContext<S extends LayerSpec = LayerSpec> {
  readonly spec: S;
  readonly extensions: Extensions;
  /** Declares a parameter. Its name is that of the layer and the role, e.g. `layers.0.weight` for the role `weight`. */
  parameter(role: string, options: ParameterOptions): ParameterArray;
  /**
   * The mean and the variance of each feature of a signal over the points of a batch. In a step of a fit the batch is
   * all points of the step that a term draws, however they are cut into chunks, and gradients flow through both.
   * Everywhere else they are running averages of those, which the layer has as parameters `<role>.mean` and
   * `<role>.variance` of the group `statistics`, and which no optimizer changes. Derivatives with respect to the
   * coordinates take them for constants.
   *
   * @param momentum the part of a step's statistics in the next running average
   */
  statistics(role: string, of: Signal, momentum: number): { readonly mean: Signal; readonly variance: Signal };
  /**
   * Applies another layer, whose parameters are named behind this one's.
   *
   * @param path of the layer within this one's spec, e.g. `branches.1`
   */
  layer(spec: LayerSpec, path: string, input: Signal): Signal;
}

/** Where a layer's spec stands. */
export interface LayerPlace {
  readonly inFeatures: number;
  readonly extensions: Extensions;
}

/**
 * A kind of layer. A user's own layer gives this and nothing else:
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
  /** @throws RangeError or TypeError when the data of a layer are wrong; they may be anything that JSON can say */
  assertSpec?(spec: S, place: LayerPlace): void;
  /** What comes out, put together with the functions of `spec/signal.ts`. */
  apply(input: Signal, context: LayerContext<S>): Signal;
}

/** Definitions beyond the core ones. Give the same to every function that takes the spec. */
export interface Extensions {
  readonly layers?: readonly LayerDefinition[];
  readonly activations?: readonly ActivationDefinition[];
  readonly initialisers?: readonly InitialiserDefinition[];
}

/** The path of a layer in the list of a spec, by which its parameters are named and found. */
export const layerPath = (index: number): string => `layers.${index}`;
