/**
 * @file The absorbing layer as in `perfectlyMatchedLayer` of `@neural-fields/losses`: coordinates are stretched into the
 *   complex plane in a rim of the domain.
 *
 *     e_k(x) = 1 - i a_0 (l_k / L)^2,    l_k = max(|x_k| - (bound - L), 0)
 *
 * Time goes as exp(i omega t), so that exp(-i k r) goes out. Berenger 1994; Chen et al. 2013; Sitzmann et al. 2020,
 * arXiv:2006.09661, supplement.
 */
import { assertPositive } from '../assert.ts';

/**
 * A perfectly matched layer around the box [-bound, bound]^2: what `perfectlyMatchedLayer` of `@neural-fields/losses` makes.
 */
export interface PerfectlyMatchedLayer {
  /** a_0, without unit; 5 in the paper. */
  readonly strength: number;
  /** L, in units of coordinate; 0.5 in the paper. */
  readonly width: number;
  /** Where the domain ends; 1 in the paper. */
  readonly bound: number;
}

/** @throws RangeError when a number is not positive, or the layer is wider than the domain */
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
 * The integral of e from 0: the stretched coordinate x - i a_0 l^3 / (3 L^2), with the side's sign, in which waves have
 * no layer to notice.
 */
export const stretchedCoordinate = (layer: PerfectlyMatchedLayer | null, x: number): Complex => {
  if (!layer) return [x, 0];
  const depth = Math.max(Math.abs(x) - (layer.bound - layer.width), 0);
  return [x, (-Math.sign(x) * layer.strength * depth ** 3) / (3 * layer.width ** 2)];
};
