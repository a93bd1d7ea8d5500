/** @file Initialisers: distributions whose scale depends on the layer. */
import type { ActivationSpec } from '../activations/activation.ts';
import type { Rng } from '../random.ts';

/** The JSON form of an initialiser: its kind, and the fields of that kind. */
export interface InitialiserSpecBase {
  readonly kind: string;
}

/** What an initialiser may depend on. */
export interface InitialiserContext {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The activation of the layer that is initialised. */
  readonly activation: ActivationSpec;
  /** The activation whose output is the layer's input; absent for a layer on coordinates or on an encoding. */
  readonly previousActivation?: ActivationSpec;
}

/** A kind of initialiser. */
export interface InitialiserDefinition<S extends InitialiserSpecBase = InitialiserSpecBase> {
  readonly kind: S['kind'];
  /** @throws RangeError or TypeError when the spec is wrong; it may be any JSON value */
  assertSpec?(what: string, spec: S): void;
  /**
   * Fills `values` in place, in row-major order of `f32[inFeatures, outFeatures]`.
   *
   * @throws RangeError when it does not suit the layer
   */
  fill(values: Float32Array, spec: S, context: InitialiserContext, rng: Rng): void;
}
