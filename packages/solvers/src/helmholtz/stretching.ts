/**
 * @file The perfectly matched layer of `perfectlyMatchedLayer` in `@neural-fields/losses`: near the boundary of the
 *   domain, coordinates are stretched into the complex plane.
 *
 *     e_k(x) = 1 - i a_0 (l_k / L)^2,    l_k = max(|x_k| - (bound - L), 0)
 *
 * The time dependence is exp(i omega t), so that exp(-i k r) is an outgoing wave. Berenger 1994; Chen et al. 2013;
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement.
 */
import { assertPositive } from '@neural-fields/core/options';

/**
 * A perfectly matched layer around the box [-bound, bound]^2, as made by `perfectlyMatchedLayer` of
 * `@neural-fields/losses`.
 */
export interface PerfectlyMatchedLayer {
  /** a_0, dimensionless; 5 in the paper. */
  readonly strength: number;
  /** L, in coordinate units; 0.5 in the paper. */
  readonly width: number;
  /** The domain is [-bound, bound]^2; 1 in the paper. */
  readonly bound: number;
}

/** @throws RangeError when a property is not positive, or the layer is wider than the domain */
export const assertLayer = (caller: string, { strength, width, bound }: PerfectlyMatchedLayer): void => {
  for (const [name, value] of Object.entries({ strength, width, bound }))
    assertPositive(`${caller}: the absorbing layer's ${name}`, value);
  if (width > bound)
    throw new RangeError(`${caller}: the absorbing layer's width must be at most the bound ${bound}, got ${width}`);
};

/** A complex number. */
export type Complex = readonly [real: number, imaginary: number];

/** a - b */
export const minus = ([a, b]: Complex, [c, d]: Complex): Complex => [a - c, b - d];

/** a b */
export const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];

/** a / b */
export const over = ([a, b]: Complex, [c, d]: Complex): Complex => {
  const norm = c * c + d * d;
  return [(a * c + b * d) / norm, (b * c - a * d) / norm];
};

/** e at one coordinate. */
export const stretchAt = (layer: PerfectlyMatchedLayer | null, x: number): Complex => {
  if (!layer) return [1, 0];
  const depth = Math.max(Math.abs(x) - (layer.bound - layer.width), 0) / layer.width;
  return [1, -layer.strength * depth ** 2];
};

/**
 * The integral of e from 0: the stretched coordinate x - i sign(x) a_0 l^3 / (3 L^2). In this coordinate the layer has
 * the equation of free space.
 */
export const stretchedCoordinate = (layer: PerfectlyMatchedLayer | null, x: number): Complex => {
  if (!layer) return [x, 0];
  const depth = Math.max(Math.abs(x) - (layer.bound - layer.width), 0);
  return [x, (-Math.sign(x) * layer.strength * depth ** 3) / (3 * layer.width ** 2)];
};
