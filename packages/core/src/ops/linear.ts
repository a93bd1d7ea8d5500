import { add, matMul, reshape, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';

/** z -> z W for stacked rows: `f32[k, n, i]` to `f32[k, n, o]`. */
const multiplyStacked = (x: Tensor3D, weight: Tensor2D): Tensor3D => {
  const [k, n, inFeatures] = x.shape;
  return reshape(matMul(reshape(x, [k * n, inFeatures]), weight), [k, n, weight.shape[1]]);
};

/**
 * A linear map: z0 = h0 W + b, z1_k = h1_k W, z2_j = h2_j W.
 *
 * @param weight `f32[inFeatures, outFeatures]`
 * @param bias `f32[outFeatures]`
 */
export const linearJet = ({ value, first, second }: LayerJet, weight: Tensor, bias?: Tensor): LayerJet => {
  const matrix = weight as Tensor2D;
  const product: Tensor2D = matMul(value, matrix);
  return {
    value: bias ? add<Tensor2D>(product, bias) : product,
    ...(first && { first: multiplyStacked(first, matrix) }),
    ...(second && { second: multiplyStacked(second, matrix) }),
  };
};
