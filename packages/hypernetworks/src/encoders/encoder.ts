/** @file What an encoder is: it computes the latents of signals from what is known of them. */
import type { FieldSpec, InitialValues, ModelPart, StepInputs } from '@neural-fields/core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

/** The JSON form of an encoder: its kind, and the options of that kind. */
export interface EncoderSpec {
  readonly kind: string;
}

/** What is known of a signal. */
export interface Observation {
  /** `f32[k, inFeatures]`: the places of the known samples; any number of them. */
  readonly coords: Float32Array;
  /** `f32[k, outFeatures]`: the values there. */
  readonly values: Float32Array;
  /** Its index in the training set, for an auto-decoder. */
  readonly index?: number;
}

/** What an encoder is made for. */
export interface EncoderContext {
  readonly field: FieldSpec;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** L, the length of a latent. */
  readonly latentFeatures: number;
}

/** Current values of the encoder's parameters. */
export interface EncoderParameters {
  tensor(name: string): Tensor;
  /** If the encoder is a network: its values at `rows`. */
  evaluate?(rows: Tensor2D): Tensor2D;
}

/** Computes latents. */
export interface Encoder {
  /** Makes what is trained. */
  create(values: InitialValues): ModelPart;
  /** The observations as arrays. @throws RangeError when one does not fit */
  observe(observations: readonly Observation[]): StepInputs;
  /** The latents `f32[b, L]` of what {@link Encoder.observe} returned. In differentiable tfjs ops. */
  encode(parameters: EncoderParameters, inputs: StepInputs): Tensor2D;
}

/** A kind of encoder. */
export interface EncoderDefinition<S extends EncoderSpec = EncoderSpec> {
  readonly kind: S['kind'];
  /** @throws RangeError when an option is out of its range or does not suit the field */
  build(spec: S, context: EncoderContext): Encoder;
}
