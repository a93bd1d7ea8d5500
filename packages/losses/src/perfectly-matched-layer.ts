/**
 * @file A perfectly matched layer: near the boundary of the domain, coordinates are stretched into the complex plane,
 *   so that outgoing waves decay instead of being reflected. Berenger 1994; Chen et al. 2013 for the Helmholtz equation
 *   in the form that Sitzmann et al. 2020 use.
 *
 *     e_k(x) = 1 - i a_0 (l_k / L)^2,    l_k = max(|x_k| - (bound - L), 0)
 *
 * The time dependence is exp(i omega t): an outgoing wave exp(-i k x) becomes exp(-i k integral of e dx), which decays.
 */
import { assertPositive } from '@neural-fields/core/options';
import { abs, add, div, mul, neg, ones, relu, slice, square, sub, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Complex } from './complex.ts';

/** A layer around the box [-bound, bound]^d, as made by {@link perfectlyMatchedLayer}. */
export interface PerfectlyMatchedLayer {
  /** a_0, dimensionless; 5 in the paper. */
  readonly strength: number;
  /** L, in coordinate units; 0.5 in the paper. */
  readonly width: number;
  /** The domain is [-bound, bound]^d; 1 in the paper. */
  readonly bound: number;
}

/**
 * Makes a layer. The defaults, strength 5 and width 0.5 on [-1, 1]^2, are those of Sitzmann et al. 2020,
 * arXiv:2006.09661, supplement on the Helmholtz equation.
 *
 * @throws RangeError when an option is not a positive number, or the layer is wider than the domain
 */
export const perfectlyMatchedLayer = (options: Partial<PerfectlyMatchedLayer> = {}): PerfectlyMatchedLayer => {
  const { strength = 5, width = 0.5, bound = 1 } = options;
  for (const [name, value] of Object.entries({ strength, width, bound }))
    assertPositive(`perfectlyMatchedLayer: ${name}`, value);
  if (width > bound)
    throw new RangeError(`perfectlyMatchedLayer: width must be at most the bound ${bound}, got ${width}`);
  return { strength, width, bound };
};

/** The stretching factor of one coordinate, in the forms that the equation needs. All are complex `[n, 1]`. */
export interface Stretch {
  /** e */
  readonly value: Complex;
  /** 1 / e */
  readonly inverse: Complex;
  /** e' / e, where e' is the derivative along this coordinate */
  readonly logarithmicDerivative: Complex;
}

/**
 * The stretching factor along coordinate k at points `f32[n, d]`: with s = a_0 (l / L)^2, e = 1 - i s, and e' / e = (s
 * s' - i s') / (1 + s^2).
 */
export const stretchAlong = (
  { strength, width, bound }: PerfectlyMatchedLayer,
  coords: Tensor2D,
  k: number,
): Stretch => {
  const n = coords.shape[0];
  const x: Tensor2D = slice(coords, [0, k], [n, 1]);
  const size: Tensor2D = abs(x);
  const depth = div<Tensor2D>(relu(sub(size, bound - width)), width);
  const s: Tensor2D = mul(square(depth), strength);
  // depth' = sign(x) / L inside the layer; outside it depth is 0.
  const side = div<Tensor2D>(x, add(size, 1e-30));
  const sPrime: Tensor2D = mul(mul(depth, side), (2 * strength) / width);
  const norm = add<Tensor2D>(square(s), 1);
  return {
    value: { real: ones([n, 1]), imaginary: neg(s) },
    inverse: { real: div(1, norm), imaginary: div(s, norm) },
    logarithmicDerivative: { real: div(mul(s, sPrime), norm), imaginary: neg(div(sPrime, norm)) },
  };
};
