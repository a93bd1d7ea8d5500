/**
 * @file The Helmholtz equation with an absorbing layer, as a residual in first and diagonal second derivatives of the
 *   field.
 *
 * With e_k the stretching along coordinate k and E = prod_k e_k,
 *
 *     sum_k d/dx_k (E / e_k^2 du/dx_k) + E k^2 m u = s
 *
 * which in the plane is d/dx (e_y / e_x du/dx) + d/dy (e_x / e_y du/dy) + e_x e_y k^2 m u = s: Sitzmann et al. 2020,
 * arXiv:2006.09661, supplement on the Helmholtz equation. E / e_k does not depend on x_k, so that d/dx_k (E / e_k^2) =
 * -(E / e_k^2) e_k' / e_k, and
 *
 *     residual = sum_k E / e_k^2 (d2u/dx_k^2 - e_k' / e_k du/dx_k) + E k^2 m u - s
 *
 * The right-hand side s follows the authors' code; the paper's f is -s.
 */

import type { Jet } from '@neural-fields/core';
import { assertCount } from '@neural-fields/core/options';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { partialAlong } from './boundary.ts';
import { type Complex, fromPairs, minus, plus, scaled, times, toPairs } from './complex.ts';
import { type PerfectlyMatchedLayer, stretchAlong } from './perfectly-matched-layer.ts';

/** The first derivatives, and the second derivative along each coordinate. */
export interface HelmholtzDerivatives {
  readonly gradient: true;
  readonly second: readonly (readonly number[])[];
}

/**
 * The derivatives that the Helmholtz equation needs in d coordinates.
 *
 * @throws RangeError when d is not a positive integer
 */
export const helmholtzDerivatives = (inFeatures = 2): HelmholtzDerivatives => {
  assertCount('helmholtzDerivatives: inFeatures', inFeatures);
  const axes = Array.from({ length: inFeatures }, (_, k) => k);
  return { gradient: true, second: axes.map(k => axes.map(l => (k === l ? 1 : 0))) };
};

/** The coefficients and the source of the equation at the points. */
export interface HelmholtzTerms {
  /** k, in radians per coordinate unit. */
  readonly wavenumber: number;
  /** None if absent. */
  readonly absorbing?: PerfectlyMatchedLayer | undefined;
  /** m, the squared slowness relative to that of the surrounding medium, `f32[n, 1]`, dimensionless; 1 if absent. */
  readonly squaredSlowness?: Tensor2D | undefined;
  /** s, pairs of real and imaginary parts, `f32[n, o]`; 0 if absent. */
  readonly source?: Tensor2D | undefined;
}

/**
 * The residual of the Helmholtz equation: pairs of real and imaginary parts, `f32[n, o]`.
 *
 * @param jet of a field whose o outputs are pairs of real and imaginary parts, one for each of o / 2 waves
 * @param coords `f32[n, d]`
 * @throws RangeError when the number of outputs is odd, or there are not d second derivatives
 */
export const helmholtzResidual = (
  { value, gradient, second }: Jet<HelmholtzDerivatives>,
  coords: Tensor2D,
  { wavenumber, absorbing, squaredSlowness, source }: HelmholtzTerms,
): Tensor2D => {
  const [d, outFeatures] = [coords.shape[1], value.shape[1]];
  if (outFeatures % 2 !== 0)
    throw new RangeError(
      `helmholtz: the field's outputs must be pairs of real and imaginary parts, got ${outFeatures} outputs`,
    );
  if (second.length !== d)
    throw new RangeError(
      `helmholtz: the jet must have ${d} second derivatives, one along each coordinate, got ${second.length}`,
    );
  const u = fromPairs(value);
  const reaction = scaled(squaredSlowness ? scaled(u, squaredSlowness) : u, wavenumber ** 2);
  const first = (k: number): Complex => fromPairs(partialAlong('helmholtz', gradient, k));
  const secondAlong = second.map(fromPairs);
  const leftSide = (): Complex => {
    if (!absorbing) return secondAlong.reduce(plus, reaction);
    const stretches = secondAlong.map((_, k) => stretchAlong(absorbing, coords, k));
    const all = stretches.map(({ value: e }) => e).reduce(times);
    return stretches.reduce(
      (sum, { inverse, logarithmicDerivative }, k) => {
        const factor = times(times(all, inverse), inverse);
        return plus(sum, times(factor, minus(secondAlong[k] as Complex, times(logarithmicDerivative, first(k)))));
      },
      times(all, reaction),
    );
  };
  const left = leftSide();
  return toPairs(source ? minus(left, fromPairs(source)) : left);
};
