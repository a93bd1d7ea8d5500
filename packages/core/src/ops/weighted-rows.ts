/** @file Weighted sums of the rows of a table. */
import {
  customGrad,
  gather,
  matMul,
  reshape,
  scatterND,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

/**
 * sum_b coefficients[., c, b] T[rows[., b]]: `f32[n, C, F]`. The gradient of the table is scattered to the rows that
 * were read, where that of tfjs's `gather` walks over all rows on some backends.
 *
 * @param table `f32[rows, F]`
 * @param rows `int32[n, B]`
 * @param coefficients `f32[n, C, B]`
 */
export const weightedRows = (table: Tensor2D, rows: Tensor, coefficients: Tensor3D): Tensor3D => {
  const [n, corners] = rows.shape as [number, number];
  const features = table.shape[1];
  const flatRows = reshape(rows, [n * corners]) as Tensor1D;
  const run = customGrad((...given) => {
    const [tableNow, weights, save] = given as [Tensor2D, Tensor3D, (tensors: Tensor[]) => void];
    const found: Tensor3D = reshape(gather(tableNow, flatRows), [n, corners, features]);
    save([weights, found, flatRows]);
    const { shape } = tableNow;
    return {
      value: matMul(weights, found) as Tensor3D,
      gradFunc(upstream: Tensor3D, saved: Tensor[]) {
        const [factors, looked, places] = saved as [Tensor3D, Tensor3D, Tensor1D];
        const parts = reshape(matMul(factors, upstream, true), [n * corners, features]);
        const tableGradient = scatterND(reshape(places, [n * corners, 1]), parts, shape);
        return [tableGradient, matMul(upstream, looked, false, true)];
      },
    };
  });
  return run(table, coefficients) as Tensor3D;
};
