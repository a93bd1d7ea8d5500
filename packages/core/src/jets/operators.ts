/**
 * @file The differential operators of vector calculus on fields. See any text on vector analysis; each docstring gives
 *   its index conventions.
 */
import {
  addN,
  concat,
  reshape,
  slice,
  sub,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import type { JetSource } from './jet.ts';

/** One component of a gradient `f32[n, d, o]`: d(output j)/d(coordinate k) as `f32[n, 1]`. */
const partial = (gradient: Tensor3D, k: number, j: number): Tensor2D => {
  const n = gradient.shape[0];
  return reshape(slice(gradient, [0, k, j], [n, 1, 1]), [n, 1]);
};

/**
 * The divergence from a jet's gradient: sum_k d(output k)/d(coordinate k).
 *
 * @param gradient `f32[n, d, d]`
 * @returns `f32[n, 1]`
 * @throws RangeError unless there are as many outputs as coordinates
 */
export const divergenceOf = (gradient: Tensor3D): Tensor2D => {
  const [, d, outFeatures] = gradient.shape;
  if (d !== outFeatures)
    throw new RangeError(
      `divergence: the field must have as many outputs as coordinates, got ${outFeatures} outputs and ${d} coordinates`,
    );
  return tidy(() => addN(Array.from({ length: d }, (_, k) => partial(gradient, k, k))));
};

/**
 * The curl from a jet's gradient: in 3D (d2 F3 - d3 F2, d3 F1 - d1 F3, d1 F2 - d2 F1), in 2D the scalar d1 F2 - d2 F1.
 *
 * @param gradient `f32[n, 3, 3]` or `f32[n, 2, 2]`
 * @returns `f32[n, 3]` or `f32[n, 1]`
 * @throws RangeError unless the field is a vector field in 2D or 3D
 */
export const curlOf = (gradient: Tensor3D): Tensor2D => {
  const [, d, outFeatures] = gradient.shape;
  if (d !== outFeatures || (d !== 2 && d !== 3))
    throw new RangeError(
      `curl: the field must have 2 outputs and 2 coordinates, or 3 and 3, got ${outFeatures} outputs and ${d} coordinates`,
    );
  const rotation = (k: number, l: number): Tensor2D => sub(partial(gradient, k, l), partial(gradient, l, k));
  return tidy(() => (d === 2 ? rotation(0, 1) : concat([rotation(1, 2), rotation(2, 0), rotation(0, 1)], 1)));
};

/** The gradient of every output: `f32[n, d, o]`, d(output j)/d(coordinate k) at `[., k, j]`. */
export const gradient = (field: JetSource, coords: Tensor2D): Tensor3D =>
  tidy(() => field.jet(coords, { gradient: true }).gradient);

/** The Jacobian: `f32[n, o, d]`, d(output j)/d(coordinate k) at `[., j, k]`. */
export const jacobian = (field: JetSource, coords: Tensor2D): Tensor3D =>
  tidy(() => transpose(gradient(field, coords), [0, 2, 1]));

/** The divergence of a vector field: `f32[n, 1]`; see {@link divergenceOf}. */
export const divergence = (field: JetSource, coords: Tensor2D): Tensor2D =>
  tidy(() => divergenceOf(gradient(field, coords)));

/** The curl of a vector field: `f32[n, 3]` in 3D, `f32[n, 1]` in 2D; see {@link curlOf}. */
export const curl = (field: JetSource, coords: Tensor2D): Tensor2D => tidy(() => curlOf(gradient(field, coords)));

/** All second derivatives: `f32[n, d, d, o]`. */
export const hessian = (field: JetSource, coords: Tensor2D): Tensor4D =>
  tidy(() => field.jet(coords, { hessian: true }).hessian);

/** The sum of the second derivatives along all coordinates, of each output: `f32[n, o]`. */
export const laplacian = (field: JetSource, coords: Tensor2D): Tensor2D =>
  tidy(() => field.jet(coords, { laplacian: true }).laplacian);
