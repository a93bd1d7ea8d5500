/**
 * @file A perfectly matched layer: a rim of the domain where coordinates are stretched into the complex plane, so that
 *   outgoing waves die away instead of coming back from the edge. Berenger 1994; Chen et al. 2013 for the Helmholtz
 *   equation in the form that Sitzmann et al. 2020 use.
 *
 *     e_k(x) = 1 - i a_0 (l_k / L)^2,    l_k = max(|x_k| - (bound - L), 0)
 *
 * Time goes as exp(i omega t): an outgoing wave exp(-i k x) becomes exp(-i k integral of e dx), which decays.
 */
import { abs, add, div, mul, neg, ones, relu, slice, square, sub, type Tensor2D } from '@tensorflow/tfjs-core';
import { assertPositive } from './assert.ts';
import type { Complex } from './complex.ts';

/** A layer around the box [-bound, bound]^d, as made by {@link absorbingLayer}. */
export interface AbsorbingLayer {
  /** a_0, without unit; 5 in the paper. */
  readonly strength: number;
  /** L, in units of coordinate; 0.5 in the paper. */
  readonly width: number;
  /** Where the domain ends; 1 in the paper. */
  readonly bound: number;
}

/**
 * The layer of Sitzmann et al. 2020, arXiv:2006.09661, supplement on the Helmholtz equation: strength 5 and width 0.5
 * on [-1, 1]^2, if absent.
 *
 * @throws RangeError when an option is not a positive number, or the layer is wider than the domain
 */
export const absorbingLayer = (options: Partial<AbsorbingLayer> = {}): AbsorbingLayer => {
  const { strength = 5, width = 0.5, bound = 1 } = options;
  for (const [name, value] of Object.entries({ strength, width, bound }))
    assertPositive(`absorbingLayer: ${name}`, value);
  if (width > bound) throw new RangeError(`absorbingLayer: width must be at most the bound ${bound}, got ${width}`);
  return { strength, width, bound };
};

/** What one coordinate's stretching brings to an equation. All are complex `[n, 1]`. */
export interface Stretch {
  /** e */
  readonly value: Complex;
  /** 1 / e */
  readonly inverse: Complex;
  /** e' / e, with the derivative along this coordinate */
  readonly logarithmicSlope: Complex;
}

/**
 * The stretching along coordinate k at points `f32[n, d]`: with s = a_0 (l / L)^2, e = 1 - i s, and e' / e = (s s' - i
 * s') / (1 + s^2).
 */
export const stretchAlong = ({ strength, width, bound }: AbsorbingLayer, coords: Tensor2D, k: number): Stretch => {
  const n = coords.shape[0];
  const x: Tensor2D = slice(coords, [0, k], [n, 1]);
  const size: Tensor2D = abs(x);
  const depth = div<Tensor2D>(relu(sub(size, bound - width)), width);
  const s: Tensor2D = mul(square(depth), strength);
  // depth' = sign(x) / L inside the layer; outside depth is 0.
  const side = div<Tensor2D>(x, add(size, 1e-30));
  const slope: Tensor2D = mul(mul(depth, side), (2 * strength) / width);
  const norm = add<Tensor2D>(square(s), 1);
  return {
    value: { real: ones([n, 1]), imaginary: neg(s) },
    inverse: { real: div(1, norm), imaginary: div(s, norm) },
    logarithmicSlope: { real: div(mul(s, slope), norm), imaginary: neg(div(slope, norm)) },
  };
};
