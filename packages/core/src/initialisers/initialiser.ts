/** @file What an initialiser is: a distribution whose spread depends on the layer that it fills. */
import type { ActivationSpec } from '../activations/activation.ts';
import type { Rng } from '../random.ts';

/** What an initialiser may depend on. */
export interface InitialiserContext {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The activation of the layer that is filled. */
  readonly activation: ActivationSpec;
  /** The activation whose output is the layer's input; absent for a layer on coordinates or on an encoding. */
  readonly previousActivation?: ActivationSpec;
}

/** Fills `values` in place. The order of the numbers is that of a row-major `f32[inFeatures, outFeatures]`. */
export type Initialise = (values: Float32Array, context: InitialiserContext, rng: Rng) => void;
