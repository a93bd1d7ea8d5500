/** @file The multiples of 1 / period, as integers, and spectra on them. */
import { assertCount, assertPositive } from '@neural-fields/core/options';
import type { AmplitudeSpectrum } from '@neural-fields/core/spectra';
import type { SinusoidalNetwork } from './sinusoidal-pair.ts';

/** The grid of a spectrum, and the output that it is of. */
export interface LatticeOptions {
  /** The period p of the field. */
  readonly period: number;
  /** The spectrum has the frequencies from -K / p to K / p along each axis. */
  readonly maxFrequency: number;
  /** The index of the output; 0 if absent. */
  readonly output?: number;
}

/** The largest number of frequencies in a spectrum. */
const MAX_FREQUENCIES = 2 ** 24;

/** How far from an integer a frequency times p may be, for float32 parameters. */
const TOLERANCE = 1e-2;

/** The components of a frequency as integers. @throws RangeError when it is no multiple of 1 / p */
export const integersOf = (name: string, frequency: Float64Array, period: number): number[] =>
  Array.from(frequency, beta => {
    const exact = (beta * period) / (2 * Math.PI);
    const nearest = Math.round(exact);
    if (Math.abs(exact - nearest) > TOLERANCE)
      throw new RangeError(
        `${name}: the field's frequencies must be multiples of 1 / period, got ${exact} / ${period}`,
      );
    return nearest;
  });

/** @throws RangeError when an option is out of its range */
export const assertLattice = (
  name: string,
  { inFeatures, output: { biases } }: SinusoidalNetwork,
  { period, maxFrequency, output = 0 }: LatticeOptions,
): void => {
  assertPositive(`${name}: period`, period);
  assertCount(`${name}: maxFrequency`, maxFrequency);
  if (!(Number.isInteger(output) && output >= 0 && output < biases.length))
    throw new RangeError(`${name}: output must be an integer from 0 to ${biases.length - 1}, got ${output}`);
  if ((2 * maxFrequency + 1) ** inFeatures > MAX_FREQUENCIES)
    throw new RangeError(
      `${name}: maxFrequency must leave at most ${MAX_FREQUENCIES} frequencies, got ${maxFrequency}`,
    );
};

/** Amplitudes on the grid, in the form of core's spectra. */
export const spectrumOn = (
  { inFeatures }: SinusoidalNetwork,
  { period, maxFrequency }: LatticeOptions,
  amplitudes: Float64Array,
): AmplitudeSpectrum => {
  const side = 2 * maxFrequency + 1;
  const axis = Float64Array.from({ length: side }, (_, i) => (i - maxFrequency) / period);
  return {
    amplitudes,
    shape: new Array<number>(inFeatures).fill(side),
    frequencies: Array.from({ length: inFeatures }, () => axis),
  };
};
