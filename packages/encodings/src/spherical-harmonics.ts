import type { LayerSpec } from '@neural-fields/core';
import {
  columns,
  concat,
  constantArray,
  constantFeatures,
  type LayerDefinition,
  linear,
  product,
  type Signal,
  sum,
} from '@neural-fields/core/layers';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { legendreFactors, normalisation } from './legendre.ts';

/** The options of {@link sphericalHarmonics}. */
export interface SphericalHarmonicsOptions {
  /** The number of bands, from 1 to 8: l = 0 ... degree - 1. */
  readonly degree: number;
}

export interface SphericalHarmonicsSpec extends LayerSpec {
  readonly kind: 'spherical-harmonics';
  readonly degree: number;
}

const KIND = 'spherical-harmonics';
const MAX_DEGREE = 8;

const assertOwn = ({ degree }: SphericalHarmonicsSpec): void => {
  assertCount(`${KIND}: degree`, degree);
  if (degree > MAX_DEGREE) throw new RangeError(`${KIND}: degree must be at most ${MAX_DEGREE}, got ${degree}`);
};

/** The band l and the order m of each feature: l^2 + l + m is its index. */
const bands = (degree: number): (readonly [l: number, m: number])[] =>
  Array.from({ length: degree }, (_, l) => Array.from({ length: 2 * l + 1 }, (_, k) => [l, k - l] as const)).flat();

/** z, z^2, ... z^(degree - 1) */
const powersOf = (z: Signal, degree: number): Signal => {
  const powers = [z];
  while (powers.length < degree - 1) powers.push(product(powers.at(-1) as Signal, z));
  return concat(powers);
};

/** The real and imaginary parts of (x + i y)^m for m = 1 ... degree - 1, in turn. */
const planeFactors = (x: Signal, y: Signal, degree: number): Signal => {
  const parts = [x, y];
  let [real, imaginary] = [x, y];
  for (let m = 2; m < degree; m++) {
    [real, imaginary] = [
      sum([product(real, x), product(imaginary, y)], [1, -1]),
      sum([product(real, y), product(imaginary, x)]),
    ];
    parts.push(real, imaginary);
  }
  return concat(parts);
};

/** The layer definition of {@link sphericalHarmonics}. It has no parameters. */
export const sphericalHarmonicsLayer: LayerDefinition<SphericalHarmonicsSpec> = {
  kind: KIND,
  assertSpec(spec, { inFeatures }) {
    assertOwn(spec);
    if (inFeatures !== 3)
      throw new RangeError(`${KIND}: the input must be directions of 3 features, got ${inFeatures}`);
  },
  apply(input, { spec: { degree } }) {
    const all = bands(degree);
    if (degree === 1) {
      // A product with 0, since a network must depend on its input.
      const nothing = constantArray([3, 1], () => new Float32Array(3));
      const value = constantArray([1], () => Float32Array.of(normalisation(0, 0)));
      return linear(input, nothing, value);
    }
    const [x, y, z] = [0, 1, 2].map(axis => columns(input, [axis])) as [Signal, Signal, Signal];
    const coefficients = all.map(([l, m]) =>
      legendreFactors(l, Math.abs(m)).map(coefficient => coefficient * normalisation(l, m)),
    );
    const weight = constantArray([degree - 1, all.length], () =>
      Float32Array.from({ length: (degree - 1) * all.length }, (_, index) => {
        const power = 1 + Math.floor(index / all.length);
        return coefficients[index % all.length]?.[power] ?? 0;
      }),
    );
    const bias = constantArray([all.length], () => Float32Array.from(coefficients, ([constant]) => constant as number));
    const one = constantFeatures(
      input,
      constantArray([1], () => Float32Array.of(1)),
    );
    const plane = concat([one, planeFactors(x, y, degree)]);
    const picked = all.map(([, m]) => (m === 0 ? 0 : m > 0 ? 2 * m - 1 : -2 * m));
    return product(linear(powersOf(z, degree), weight, bias), columns(plane, picked));
  },
};

/**
 * The real spherical harmonics of a unit vector (x, y, z), for view directions: degree^2 features, orthonormal on the
 * sphere, with the Condon-Shortley phase as in tiny-cuda-nn; Mueller et al. 2022, arXiv:2201.05989, section 5.4.
 * Feature l^2 + l + m belongs to band l < degree and order m = -l ... l:
 *
 *     K_lm P_lm(z) Re (x + i y)^m for m >= 0,   K_lm P_l|m|(z) Im (x + i y)^|m| for m < 0
 *
 * with the associated Legendre function without its factor (1 - z^2)^(m/2). They are polynomials, so derivatives of all
 * orders exist; those off the sphere are of this polynomial.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const sphericalHarmonics = (options: SphericalHarmonicsOptions): SphericalHarmonicsSpec => {
  assertOptions('sphericalHarmonics', options, { degree: 1 });
  const spec: SphericalHarmonicsSpec = { kind: KIND, degree: options.degree };
  assertOwn(spec);
  return spec;
};
