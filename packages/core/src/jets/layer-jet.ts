/**
 * @file The jet of features at a batch of points, as it is propagated through a network.
 *
 * The derivative axis comes first, so that one matrix product transforms all derivatives as stacked rows:
 *
 *     value  [n, f]      the features at n points
 *     first  [d, n, f]   their derivatives along the d coordinates
 *     second [m, n, f]   the m requested second-order forms, sum_kl A_jkl d2/dx_k dx_l
 *
 * The axis n of `first` and `second` may be 1 where the derivatives are the same at all points, as they are up to the
 * first activation.
 */
import { broadcastTo, eye, reshape, type Tensor2D, type Tensor3D, zeros } from '@tensorflow/tfjs-core';
import type { JetShape } from './request.ts';

/** The jet of a layer's features. */
export interface LayerJet {
  /** `f32[n, f]` */
  readonly value: Tensor2D;
  /** `f32[d, n or 1, f]`; absent when no derivative is requested. */
  readonly first?: Tensor3D;
  /** `f32[m, n or 1, f]`; absent when no second-order form is requested, or when all are zero. */
  readonly second?: Tensor3D;
}

/**
 * The jet of the coordinates themselves: unit first derivatives, the same at all points, and zero second derivatives.
 */
export const coordinateJet = (coords: Tensor2D, { inFeatures, order }: JetShape): LayerJet => ({
  value: coords,
  ...(order >= 1 && { first: reshape(eye(inFeatures), [inFeatures, 1, inFeatures]) }),
});

/** `f32[k, n or 1, f]` broadcast to all n points. */
export const atAllPoints = (x: Tensor3D, n: number): Tensor3D =>
  x.shape[1] === n ? x : broadcastTo(x, [x.shape[0], n, x.shape[2]]);

/** All tensors of a jet up to the order, broadcast to all points, with zeros for absent parts. */
export const wholeJet = (
  { value, first, second }: LayerJet,
  { inFeatures, order, forms }: JetShape,
): (Tensor2D | Tensor3D)[] => {
  const [n, features] = value.shape;
  const part = (tensor: Tensor3D | undefined, count: number): Tensor3D =>
    tensor ? atAllPoints(tensor, n) : zeros([count, n, features]);
  return [
    value,
    ...(order >= 1 ? [part(first, inFeatures)] : []),
    ...(forms ? [part(second, forms.weights.length)] : []),
  ];
};
