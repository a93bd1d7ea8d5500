/** @file Quadratic forms of first derivatives: the terms that the chain rule for second derivatives adds. */
import {
  addN,
  concat,
  matMul,
  mul,
  reshape,
  slice,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { SecondOrderForms } from './request.ts';

const isDiagonal = (forms: SecondOrderForms, d: number): boolean =>
  forms.pairs.length === d && forms.pairs.every(([k, l], index) => k === index && l === index);

const isPlainSum = (forms: SecondOrderForms): boolean =>
  forms.weights.length === 1 && (forms.weights[0] ?? []).every(w => w === 1);

const row = (z1: Tensor, k: number): Tensor => slice(z1, [k, 0, 0], [1, -1, -1]);

/** The products z1_k z1_l of the forms' pairs: `f32[p, n, f]`. */
const pairProducts = (z1: Tensor, forms: SecondOrderForms): Tensor =>
  isDiagonal(forms, z1.shape[0] as number)
    ? square(z1)
    : concat(
        forms.pairs.map(([k, l]) => mul(row(z1, k), row(z1, l))),
        0,
      );

/** Multiplies the first axis by a constant matrix: `[a][b]` times `f32[b, n, f]` is `f32[a, n, f]`. */
const mixFirstAxis = (weights: readonly (readonly number[])[], x: Tensor): Tensor => {
  const [rows, n, f] = x.shape as [number, number, number];
  const matrix = tensor2d(weights.flat(), [weights.length, rows]);
  return reshape(matMul(matrix, reshape(x, [rows, n * f]) as Tensor2D), [weights.length, n, f]);
};

/**
 * The quadratic term of a nonlinear layer's second-order forms: q_j = sum_kl A_jkl z1_k z1_l.
 *
 * @param z1 first derivatives `f32[d, n or 1, f]`
 * @returns `f32[m, n or 1, f]`
 */
export const quadraticForms = (z1: Tensor, forms: SecondOrderForms): Tensor => {
  const products = pairProducts(z1, forms);
  return isPlainSum(forms) ? sum(products, 0, true) : mixFirstAxis(forms.weights, products);
};

/**
 * The derivative of sum_j <g_j, q_j>, with g `f32[m, n, f]`, with respect to z1, on which q depends: `f32[d, n, f]`.
 */
export const quadraticFormsBackward = (z1: Tensor, forms: SecondOrderForms, g: Tensor): Tensor => {
  const d = z1.shape[0] as number;
  const transposed = forms.pairs.map((_, p) => forms.weights.map(weights => weights[p] as number));
  const products = isPlainSum(forms) ? g : mixFirstAxis(transposed, g);
  if (isDiagonal(forms, d)) return mul(mul(z1, 2), products);
  const productOf = (p: number): Tensor => (isPlainSum(forms) ? g : row(products, p));
  const parts = Array.from({ length: d }, (_, k) => {
    const terms = forms.pairs.flatMap(([a, b], p) => [
      ...(a === k ? [mul(productOf(p), row(z1, b))] : []),
      ...(b === k ? [mul(productOf(p), row(z1, a))] : []),
    ]);
    return terms.length > 0 ? addN(terms) : mul(row(g, 0), 0);
  });
  return concat(parts, 0);
};

/**
 * The mixed term of a product of two features: c_j = 2 sum_kl A_jkl a1_k b1_l for symmetric A, where `a1` and `b1` are
 * first derivatives `f32[d, n or 1, f]`. It is q(a1 + b1) - q(a1) - q(b1).
 *
 * @returns `f32[m, n or 1, f]`
 */
export const mixedForms = (a1: Tensor, b1: Tensor, forms: SecondOrderForms): Tensor => {
  const products = concat(
    forms.pairs.map(([k, l]) =>
      k === l ? mul(mul(row(a1, k), row(b1, k)), 2) : addN([mul(row(a1, k), row(b1, l)), mul(row(a1, l), row(b1, k))]),
    ),
    0,
  );
  return isPlainSum(forms) ? sum(products, 0, true) : mixFirstAxis(forms.weights, products);
};
