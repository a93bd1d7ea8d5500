/** @file What a generator is: it computes the parameters of a batch of fields from their latents. */
import type { ParameterLayout, ParameterQuery, ParameterSetEntry } from '@neural-fields/core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

/** The JSON form of a generator: its kind, and the options of that kind. */
export interface GeneratorSpec {
  readonly kind: string;
}

/** What a generator is made for. */
export interface GeneratorContext {
  /** The layout of one generated field. */
  readonly layout: ParameterLayout;
  /** L, the length of a latent. */
  readonly latentFeatures: number;
}

/** Current values of the generator's own parameters. */
export interface GeneratorParameters {
  tensor(name: string): Tensor;
}

/** Computes the parameters of fields from latents. */
export interface Generator {
  /** Its own parameters, which are trained. */
  readonly entries: Readonly<Record<string, ParameterSetEntry>>;
  /** The field's parameters that depend on the latent; the fields share the others. All if absent. */
  readonly own?: readonly ParameterQuery[];
  /**
   * One tensor for each entry of the field's layout, in order: `[b, ...shape]`, or `[...shape]` for a shared one. In
   * differentiable tfjs ops.
   *
   * @param latents `f32[b, L]`
   */
  generate(parameters: GeneratorParameters, latents: Tensor2D): Tensor[];
}

/** A kind of generator. */
export interface GeneratorDefinition<S extends GeneratorSpec = GeneratorSpec> {
  readonly kind: S['kind'];
  /** @throws RangeError when an option is out of its range or the kind does not suit the field */
  build(spec: S, context: GeneratorContext): Generator;
}
