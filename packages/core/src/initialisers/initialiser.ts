/** @file What an initialiser is: a distribution whose spread depends on the layer that it fills. */
import type { ActivationSpec } from '../activations/activation.ts';
import type { Rng } from '../random.ts';

/** The JSON form of an initialiser: its kind, and whatever its definition needs. */
export interface InitialiserSpecBase {
  readonly kind: string;
}

/** What an initialiser may depend on. */
export interface InitialiserContext {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The activation of the layer that is filled. */
  readonly activation: ActivationSpec;
  /** The activation whose output is the layer's input; absent for a layer on coordinates or on an encoding. */
  readonly previousActivation?: ActivationSpec;
}

/** A kind of initialiser. */
export interface InitialiserDefinition<S extends InitialiserSpecBase = InitialiserSpecBase> {
  readonly kind: S['kind'];
  /** @throws RangeError or TypeError when the data are wrong; they may be anything that JSON can say */
  assertSpec?(what: string, spec: S): void;
  /**
   * Fills `values` in place. The order of the numbers is that of a row-major `f32[inFeatures, outFeatures]`.
   *
   * @throws RangeError when it does not suit the layer
   */
  fill(values: Float32Array, spec: S, context: InitialiserContext, rng: Rng): void;
}
