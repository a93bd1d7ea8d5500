/**
 * @file The eikonal loss on the length of the gradient, which is 1 for a signed distance, and helpers that other losses
 *   on distances share.
 */
import { assertOptions } from '@neural-fields/core/options';
import {
  add,
  div,
  maximum,
  mul,
  sqrt,
  square,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, type Penalty, penalise, penaltyTangent } from './penalty.ts';

/**
 * Lengths are clamped to at least this, with a zero gradient below it: the gradient of the square root is infinite at
 * 0.
 */
export const MIN_LENGTH = 1e-6;

/** The lengths of vectors along one axis, at least {@link MIN_LENGTH}. */
export const lengths = (vectors: Tensor, axis: number): Tensor2D =>
  sqrt(maximum(sum(square(vectors), axis), MIN_LENGTH ** 2)) as Tensor2D;

/** The derivatives of {@link lengths} when the vectors change by `direction`. */
export const lengthTangents = (vectors: Tensor, direction: Tensor, axis: number): Tensor2D => {
  const derivatives = div(sum(mul(vectors, direction), axis), lengths(vectors, axis));
  return mul(derivatives, step(sub(sum(square(vectors), axis), MIN_LENGTH ** 2)));
};

/** penalty(|grad Phi| - 1): `f32[n, o]` of `f32[n, d, o]`. */
export const eikonalErrors = (gradient: Tensor3D, penalty: Penalty): Tensor2D =>
  penalise(penalty, sub(lengths(gradient, 1), 1));

/** The derivatives of {@link eikonalErrors} when the gradient changes by `direction`. */
export const eikonalTangents = (gradient: Tensor3D, direction: Tensor3D, penalty: Penalty): Tensor2D =>
  penaltyTangent<Tensor2D>(penalty, sub(lengths(gradient, 1), 1), lengthTangents(gradient, direction, 1));

/** The options of {@link eikonal}. */
export interface EikonalOptions {
  /** Absolute if absent, as in the SIREN paper; squared in Gropp et al. 2020. */
  readonly penalty?: Penalty;
}

/**
 * The eikonal equation: ||grad Phi(x)| - 1| at every point, averaged over points and outputs. Where the gradient of Phi
 * is 0, the loss is 1 and its gradient 0. It needs no targets.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, first term; Gropp et al. 2020, arXiv:2002.10099, equation 2, with
 * `squared`.
 */
export const eikonal = (options: EikonalOptions = {}): JetLoss<{ readonly gradient: true }> => {
  assertOptions('eikonal', options, { penalty: 1 });
  const { penalty = absolute } = options;
  return jetLoss(
    'eikonal',
    { gradient: true },
    ({ gradient }) => eikonalErrors(gradient, penalty),
    ({ gradient }, direction) => eikonalTangents(gradient, direction.gradient, penalty),
  );
};

/** The sum of one or more tensors. */
export const total = ([first, ...rest]: readonly [Tensor, ...Tensor[]]): Tensor =>
  rest.reduce((sum, each) => add(sum, each), first);
