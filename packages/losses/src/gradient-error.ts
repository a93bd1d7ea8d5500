import { reshape, squaredDifference, sum, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { findTarget, type Targets } from './targets.ts';

/** sum_k (d Phi / dx_k - g_k)^2: `f32[n, o]`. The target is `f32[n, d o]`, that of output j along coordinate k in column k o + j. */
export const gradientError = (loss: string, name: string, targets: Targets, gradient: Tensor3D): Tensor2D => {
  const [n, d, outFeatures] = gradient.shape;
  const as = `for ${d} coordinates and ${outFeatures} outputs`;
  const target = findTarget(loss, name, targets, { widths: [d * outFeatures], as });
  return sum(squaredDifference(gradient, reshape(target, [n, d, outFeatures])), 1);
};
