/**
 * @file What a layer is: parameters, and one rule that maps the jet of its input to the jet of its output.
 *
 * Inside the network a jet is kept with the derivative axis first, so that all derivatives go through one matrix product as stacked rows:
 *
 *     value  [n, f]      the features at n points
 *     first  [d, n, f]   their derivatives along the d coordinates
 *     second [m, n, f]   the m requested second-order forms, sum_kl A_jkl d2/dx_k dx_l
 *
 * The axis n of `first` and `second` may be 1 where the derivatives are the same at all points, as they are up to the first activation.
 */
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { SecondOrderForms } from '../jets/request.ts';
import type { Rng } from '../random.ts';
import type { Extensions } from '../spec/extensions.ts';

/** The JSON form of a layer: its kind, and whatever its definition needs. */
export interface LayerSpec {
  readonly kind: string;
}

/** The jet of a layer's features. */
export interface LayerJet {
  /** `f32[n, f]` */
  readonly value: Tensor2D;
  /** `f32[d, n or 1, f]`; absent when no derivative is wanted. */
  readonly first?: Tensor3D;
  /** `f32[m, n or 1, f]`; absent when no second-order form is wanted, or when all are zero. */
  readonly second?: Tensor3D;
}

/** Where a layer stands. */
export interface LayerPlace {
  readonly inFeatures: number;
  /** The layer before; absent for the first. */
  readonly previous?: LayerSpec;
  readonly extensions: Extensions;
}

/** A parameter of a layer. */
export interface ParameterDeclaration {
  /** Within the layer, e.g. `weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Makes the initial values, row-major. */
  initialise(rng: Rng): Float32Array;
}

/** What a layer's rule is given besides its input. */
export interface LayerContext<S extends LayerSpec = LayerSpec> {
  readonly spec: S;
  /** By name within the layer, e.g. `weight`. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The second-order forms that are carried; absent when none is. */
  readonly forms?: SecondOrderForms;
  readonly extensions: Extensions;
}

/**
 * A kind of layer. A user's own layer gives this and nothing else: its `jet` is written in tfjs ops whose ordinary gradient is right (one
 * reverse pass runs through them), and works out the derivatives of the layer's output from those of its input by the chain rule.
 */
export interface LayerDefinition<S extends LayerSpec = LayerSpec> {
  readonly kind: S['kind'];
  /** @throws RangeError or TypeError when the data of a layer are wrong */
  assertSpec?(spec: LayerSpec, place: LayerPlace): void;
  outFeatures(spec: LayerSpec, inFeatures: number): number;
  parameters(spec: LayerSpec, place: LayerPlace): readonly ParameterDeclaration[];
  jet(input: LayerJet, context: LayerContext): LayerJet;
}
