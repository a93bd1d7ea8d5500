/**
 * @file Products of polynomials, one in each coordinate, with their derivatives: functions that vanish on the faces of
 *   a box, or at an initial time.
 */
import type { DerivativeRequest, Jet, JetSource, SecondOrderForm } from '@neural-fields/core';
import { add, addN, mul, ones, reshape, slice, stack, type Tensor2D, zeros } from '@tensorflow/tfjs-core';
import { formEntries } from './form-entries.ts';

/** The derivative of a polynomial, given by ascending coefficients. */
const differentiate = (coefficients: readonly number[]): readonly number[] =>
  coefficients.slice(1).map((c, i) => c * (i + 1));

/** Evaluates a polynomial at `f32[n, 1]` by Horner's rule. */
const polynomial = (coefficients: readonly number[], x: Tensor2D): Tensor2D =>
  coefficients.reduceRight<Tensor2D>((sum, c) => add(mul(sum, x), c), zeros([x.shape[0], 1]));

/**
 * The function prod_k p_k(x_k), with one output, as a source of jets.
 *
 * @param coefficients for each coordinate the coefficients of its polynomial by ascending powers: `[[0, 0, 1], [1]]` is
 *   x_0^2
 * @throws RangeError when there is no coordinate, or a coefficient is not finite; when evaluated, if the number of
 *   coordinates is wrong
 */
export const separablePolynomial = (coefficients: readonly (readonly number[])[]): JetSource => {
  const d = coefficients.length;
  if (d === 0 || !coefficients.every(row => row.length > 0 && row.every(Number.isFinite)))
    throw new RangeError(
      `separablePolynomial: coefficients must be finite numbers for at least one coordinate, got ${JSON.stringify(coefficients)}`,
    );
  const axes = Array.from({ length: d }, (_, k) => k);
  const jet = (coords: Tensor2D, request: DerivativeRequest): Jet<DerivativeRequest> => {
    const [n, width] = coords.shape;
    if (width !== d) throw new RangeError(`separablePolynomial: coords must be [n, ${d}], got [${n}, ${width}]`);
    const x = axes.map(k => slice(coords, [0, k], [n, 1]) as Tensor2D);
    const orders = coefficients.map((row, k) => {
      const first = differentiate(row);
      return [row, first, differentiate(first)].map(c => polynomial(c, x[k] as Tensor2D));
    });
    /** The partial derivative along the given coordinates. */
    const partial = (...along: number[]): Tensor2D =>
      orders.reduce<Tensor2D>(
        (product, of, k) => mul(product, of[along.filter(axis => axis === k).length] as Tensor2D),
        ones([n, 1]),
      );
    const form = (weights: SecondOrderForm): Tensor2D => {
      const terms = formEntries(weights).map(({ k, l, weight }) => mul<Tensor2D>(partial(k, l), weight));
      return terms.length > 0 ? addN(terms) : zeros([n, 1]);
    };
    return {
      value: partial(),
      ...(request.gradient && {
        gradient: stack(
          axes.map(k => partial(k)),
          1,
        ),
      }),
      ...(request.laplacian && { laplacian: form(axes.map(() => 1)) }),
      ...(request.hessian && {
        hessian: reshape(
          stack(
            axes.flatMap(k => axes.map(l => partial(k, l))),
            1,
          ),
          [n, d, d, 1],
        ),
      }),
      ...(request.second && { second: request.second.map(form) }),
    } as Jet<DerivativeRequest>;
  };
  return { inFeatures: d, jet: (coords, request) => jet(coords, request) as Jet<typeof request> };
};

/**
 * The function that is 0 on the faces of a box and 1 at its centre: prod_k 4 (x_k - low_k)(high_k - x_k) / (high_k -
 * low_k)^2.
 *
 * @param box for each coordinate `[low, high]`, or `null` to leave the field unconstrained along it
 * @throws RangeError when `low` is not less than `high`
 */
export const boxFactor = (box: readonly (readonly [low: number, high: number] | null)[]): JetSource =>
  separablePolynomial(
    box.map(span => {
      if (span === null) return [1];
      const [low, high] = span;
      if (!(low < high))
        throw new RangeError(`boxFactor: each coordinate must have [low, high] with low < high, got [${low}, ${high}]`);
      const scale = 4 / (high - low) ** 2;
      return [-low * high * scale, (low + high) * scale, -scale];
    }),
  );
