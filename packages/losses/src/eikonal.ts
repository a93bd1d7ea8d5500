/**
 * @file The length of the gradient, which is 1 for a signed distance: on its own, and what the other losses on
 * distances share.
 */
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
 * A vector shorter than this counts as that long, and its length has no slope; the square root's would be infinite at
 * 0.
 */
export const LEAST_LENGTH = 1e-6;

/** The lengths of vectors along one axis, at least {@link LEAST_LENGTH}. */
export const lengths = (vectors: Tensor, axis: number): Tensor2D =>
  sqrt(maximum(sum(square(vectors), axis), LEAST_LENGTH ** 2)) as Tensor2D;

/** Their derivatives where the vectors move. */
export const lengthTangents = (vectors: Tensor, moved: Tensor, axis: number): Tensor2D => {
  const slopes = div(sum(mul(vectors, moved), axis), lengths(vectors, axis));
  return mul(slopes, step(sub(sum(square(vectors), axis), LEAST_LENGTH ** 2)));
};

/** penalty(|grad Phi| - 1): `f32[n, o]` of `f32[n, d, o]`. */
export const eikonalErrors = (gradient: Tensor3D, penalty: Penalty): Tensor2D =>
  penalise(penalty, sub(lengths(gradient, 1), 1));

/** The derivatives of {@link eikonalErrors} where the gradient moves. */
export const eikonalTangents = (gradient: Tensor3D, moved: Tensor3D, penalty: Penalty): Tensor2D =>
  penaltyTangent<Tensor2D>(penalty, sub(lengths(gradient, 1), 1), lengthTangents(gradient, moved, 1));

/** The options of {@link eikonal}. */
export interface EikonalOptions {
  /** Absolute if absent, as in the SIREN paper; squared in Gropp et al. 2020. */
  readonly penalty?: Penalty;
}

/**
 * The eikonal equation: ||grad Phi(x)| - 1| at every point, averaged over points and outputs. Where the gradient is 0
 * the loss is 1 and has no slope. It needs no targets.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, first term; Gropp et al. 2020, arXiv:2002.10099, equation 2, with
 * `squared`.
 */
export const eikonal = ({ penalty = absolute }: EikonalOptions = {}): JetLoss<{ readonly gradient: true }> =>
  jetLoss(
    'eikonal',
    { gradient: true },
    ({ gradient }) => eikonalErrors(gradient, penalty),
    ({ gradient }, moved) => eikonalTangents(gradient, moved.gradient, penalty),
  );

/** The sum of one or more tensors. */
export const total = ([first, ...rest]: readonly [Tensor, ...Tensor[]]): Tensor =>
  rest.reduce((sum, each) => add(sum, each), first);
