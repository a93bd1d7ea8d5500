import { createRng } from '@neural-fields/core';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import { fft, hannWindow, type SampledSignal } from '@neural-fields/core/spectra';
import { assertAxes } from '../assert-axes.ts';
import { type Frequency, isInHalfSpace, maxNorm, unitFrequencies } from './frequency.ts';

/** The options of {@link spectralFrequencies}. */
export interface SpectralFrequencyOptions {
  /** The signal, over [-1, 1] along each of its 1, 2 or 3 axes; one channel, e.g. the luminance of a picture. */
  readonly signal: SampledSignal;
  /** The number m of frequencies. */
  readonly count: number;
  /** The period p, at least 2. */
  readonly period: number;
  /** The bound b on the components. */
  readonly maxFrequency: number;
  readonly seed: number;
}

/** A frequency with its probability, not normalised. */
interface Weighted {
  readonly frequency: Frequency;
  readonly weight: number;
}

const rowMajor = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));

/** The position along every axis of an element in row-major order. */
const positionOf = (index: number, shape: readonly number[], strides: readonly number[]): number[] =>
  shape.map((length, axis) => Math.floor(index / (strides[axis] as number)) % length);

/**
 * The signal minus its mean, times a Hann window, in the middle of zeros to one period: then the frequencies of its
 * discrete Fourier transform are the multiples of 1 / p.
 */
const paddedSignal = ({ data, shape, stride = rowMajor(shape), offset = 0 }: SampledSignal, period: number) => {
  const padded = shape.map(length => Math.max(length, Math.round((length * period) / 2)));
  const [own, target] = [rowMajor(shape), rowMajor(padded)];
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float64Array.from({ length: size }, (_, index) => {
    const place = positionOf(index, shape, own).reduce((sum, at, axis) => sum + at * (stride[axis] as number), offset);
    const value = data[place];
    if (value === undefined || !Number.isFinite(value))
      throw new RangeError(`spectralFrequencies: the signal must have finite values, got ${value} at index ${place}`);
    return value;
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / size;
  const real = new Float64Array(padded.reduce((product, length) => product * length, 1));
  for (let index = 0; index < size; index++) {
    const at = positionOf(index, shape, own);
    const window = at.reduce((product, place, axis) => product * hannWindow(place, shape[axis] as number), 1);
    real[at.reduce((sum, place, axis) => sum + place * (target[axis] as number), 0)] =
      window * ((values[index] as number) - mean);
  }
  return { real, shape: padded };
};

/** The amplitudes of all frequencies of the half-space up to the bound. */
const amplitudesOf = (signal: SampledSignal, period: number, maxFrequency: number): Weighted[] => {
  const { real, shape } = paddedSignal(signal, period);
  const spectrum = fft({ real, imaginary: new Float64Array(real.length) }, shape);
  const strides = rowMajor(shape);
  const found: Weighted[] = [];
  for (let index = 0; index < real.length; index++) {
    const frequency = positionOf(index, shape, strides).map((at, axis) => {
      const length = shape[axis] as number;
      return at <= (length - 1) / 2 ? at : at - length;
    });
    if (!isInHalfSpace(frequency) || maxNorm(frequency) > maxFrequency) continue;
    found.push({
      frequency,
      weight: Math.hypot(spectrum.real[index] as number, spectrum.imaginary[index] as number),
    });
  }
  return found;
};

/**
 * Frequencies for the first layer drawn from the amplitude spectrum of the signal itself: after the unit vectors, each
 * frequency of the half-space up to b is drawn with a probability proportional to its amplitude, without replacement
 * (Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir": the largest log(u) / weight).
 *
 * @returns m vectors of d integers, with d the number of the signal's axes
 * @throws RangeError or TypeError when an option is out of its range, a value of the signal is not finite, or its
 *   spectrum has fewer than m frequencies up to b
 */
export const spectralFrequencies = (options: SpectralFrequencyOptions): Frequency[] => {
  assertOptions('spectralFrequencies', options, { signal: 1, count: 1, period: 1, maxFrequency: 1, seed: 1 });
  const { signal, count, period, maxFrequency, seed } = options;
  const inFeatures = signal.shape.length;
  assertAxes('spectralFrequencies: the number of axes of the signal', inFeatures);
  for (const length of signal.shape) assertCount('spectralFrequencies: a length of the signal', length);
  assertCount('spectralFrequencies: count', count, inFeatures);
  assertCount('spectralFrequencies: maxFrequency', maxFrequency);
  assertPositive('spectralFrequencies: period', period);
  if (period < 2)
    throw new RangeError(`spectralFrequencies: period must be at least 2, the length of [-1, 1], got ${period}`);
  const units = unitFrequencies(inFeatures);
  const isUnit = (frequency: Frequency): boolean => frequency.reduce((sum, q) => sum + Math.abs(q), 0) === 1;
  const candidates = amplitudesOf(signal, period, maxFrequency).filter(
    ({ frequency, weight }) => weight > 0 && !isUnit(frequency),
  );
  const wanted = count - units.length;
  if (candidates.length < wanted)
    throw new RangeError(
      `spectralFrequencies: count must be at most the ${candidates.length + units.length} frequencies up to ${maxFrequency} in the signal's spectrum, got ${count}`,
    );
  const rng = createRng(seed).fork('spectral-frequencies');
  const keyed = candidates.map(({ frequency, weight }) => ({ frequency, key: Math.log(1 - rng.uniform()) / weight }));
  keyed.sort((a, b) => b.key - a.key);
  return [...units, ...keyed.slice(0, wanted).map(({ frequency }) => frequency)];
};
