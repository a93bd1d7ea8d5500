import { broadcastTo, reshape, slice, type Tensor, type Tensor2D, zeros } from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { JetShape } from '../jets/request.ts';
import type { ConstantOperation } from './operation.ts';

/** The same features at all n points; their derivatives are 0. */
export const constantJet = (
  { outFeatures: f, column }: ConstantOperation,
  values: Tensor,
  { points: n, shape: { inFeatures, order } }: { readonly points: number; readonly shape: JetShape },
): LayerJet => {
  const features = column === undefined ? values : slice(values, [0, column], [f, 1]);
  const value: Tensor2D = broadcastTo(reshape(features, [1, f]), [n, f]);
  return { value, ...(order >= 1 && { first: zeros([inFeatures, 1, f]) }) };
};
