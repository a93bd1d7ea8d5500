import { assertFinite, assertNonNegative, assertOptions, assertPositive } from '@neural-fields/core/options';

/** The options of {@link gaussianSource}. */
export interface GaussianSourceOptions {
  /** The centre of each source, `[d]` each. */
  readonly centres: readonly (readonly number[])[];
  /**
   * sigma^2, in squared coordinate units; 1e-4 in the SIREN authors' code for Helmholtz, 5e-4 for waves (where it is
   * called sigma).
   */
  readonly variance: number;
  /**
   * The amplitude of each component of a source: real and imaginary parts `[1, 1]` if absent, as in the authors' code;
   * `[1]` for a real source.
   */
  readonly amplitude?: readonly number[];
  /**
   * The height at the centre; (2 pi variance)^(-d/2) if absent, which makes the integral 1. 1/50 in the authors' code
   * for waves.
   */
  readonly peak?: number;
  /** Smaller values become 0, which separates points on and off the source; 1e-5 if absent, as in the authors' code. */
  readonly cutoff?: number;
}

/**
 * Small Gaussians in place of point sources: amplitude peak exp(-|x - c|^2 / (2 variance)).
 *
 * @param coords row-major `[n, d]`, flat
 * @returns row-major `[n, sources * amplitudes]`, flat: a target such as `source`
 * @throws RangeError when an option is out of its range, or the coordinates are not rows of d values
 */
export const gaussianSource = (coords: ArrayLike<number>, options: GaussianSourceOptions): Float32Array => {
  assertOptions('gaussianSource', options, { centres: 1, variance: 1, amplitude: 1, peak: 1, cutoff: 1 });

  const { centres, variance, amplitude = [1, 1], cutoff = 1e-5 } = options;
  const d = centres[0]?.length ?? 0;
  if (d === 0 || centres.some(centre => centre.length !== d))
    throw new RangeError(
      `gaussianSource: centres must be one or more points of the same dimension, got ${JSON.stringify(centres)}`,
    );
  assertPositive('gaussianSource: variance', variance);
  const { peak = (2 * Math.PI * variance) ** (-d / 2) } = options;
  assertFinite('gaussianSource: peak', peak);
  assertNonNegative('gaussianSource: cutoff', cutoff);
  if (coords.length % d !== 0)
    throw new RangeError(`gaussianSource: coords must be rows of ${d} values, got ${coords.length} values`);
  const n = coords.length / d;
  const values = new Float32Array(n * centres.length * amplitude.length);
  let at = 0;
  for (let point = 0; point < n; point++)
    for (const centre of centres) {
      const squares = centre.reduce((sum, c, k) => sum + ((coords[point * d + k] as number) - c) ** 2, 0);
      const height = peak * Math.exp(-squares / (2 * variance));
      for (const factor of amplitude) {
        const value = factor * height;
        values[at++] = Math.abs(value) < cutoff ? 0 : value;
      }
    }
  return values;
};
