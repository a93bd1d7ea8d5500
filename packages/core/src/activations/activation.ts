/**
 * @file What an activation is: a scalar function s with its first three derivatives in closed form.
 *
 * A jet needs s' and s'', and its reverse pass needs s''' (see `layers/activation-jet.ts`). Automatic differentiation is not used
 * for them: nested reverse mode on tfjs gives wrong second derivatives for every op whose gradient saves its output.
 */
import type { Tensor } from '@tensorflow/tfjs-core';

/** The JSON form of an activation: its kind, and its parameters where they differ from the defaults. */
export interface ActivationSpec {
  readonly kind: string;
  /** The parameters that are learned, one scalar for each layer; the others stay at their values. */
  readonly learnable?: readonly string[];
  readonly [parameter: string]: number | string | readonly string[] | undefined;
}

/** The values of an activation's parameters as scalars `f32[]`. */
export type ActivationParameters = Readonly<Record<string, Tensor>>;

/** How many derivatives are wanted: 0 is the value alone. */
export type DerivativeOrder = 0 | 1 | 2 | 3;

/** A scalar function that acts on each element, with everything that jets need. */
export interface ActivationDefinition {
  readonly kind: string;
  /** The parameters' names with their default values. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Names of the parameters that must be positive at the start; the others may have any finite value. Learning does not constrain them. */
  readonly positive?: readonly string[];
  /**
   * s and its derivatives at `x`.
   *
   * @param x `f32[...]`
   * @returns `[s(x), s'(x), ..., s^(order)(x)]`, each of `x`'s shape; all new tensors. A definition with a kink says which values it has
   *   there. Where x is NaN, so is s on the cpu and wasm backends (shaders may lose it).
   */
  derivatives(x: Tensor, parameters: ActivationParameters, order: DerivativeOrder): Tensor[];
  /**
   * The derivative with respect to one parameter p of s, s' and s'', for learnable parameters.
   *
   * @param values what `derivatives` returned at `x`, with one order more than is wanted here
   * @returns `[ds/dp, ds'/dp, ...]`, one fewer than `values`
   */
  parameterDerivatives?(parameter: string, x: Tensor, parameters: ActivationParameters, values: readonly Tensor[]): Tensor[];
}
