import { assertOptions } from '@neural-fields/core/options';
import type { AmplitudeSpectrum } from '@neural-fields/core/spectra';
import { assertCount, assertPositive } from '../assert.ts';
import { assertTruncation, DEFAULT_TERMS, largestTerms, type Truncation } from './harmonic-expansion.ts';
import type { SinusoidalNetwork } from './sinusoidal-pair.ts';

/** The options of {@link predictedSpectrum}. */
export interface PredictedSpectrumOptions extends Truncation {
  /** The period p of the field. */
  readonly period: number;
  /** The spectrum has the frequencies from -K / p to K / p along each axis. */
  readonly maxFrequency: number;
  /** The index of the output; 0 if absent. */
  readonly output?: number;
  /** Stops between two neurons: throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with the completed share. */
  readonly onProgress?: (share: number) => void;
}

/** A spectrum computed from the parameters of a network. */
export interface PredictedSpectrum extends AmplitudeSpectrum {
  /**
   * The smallest share of a neuron's energy among its terms that were found, whether or not they are within the
   * spectrum: 1 where no term is missing.
   */
  readonly foundEnergy: number;
  /** The share of the found energy, weighted by the output layer, beyond K / p. */
  readonly energyBeyond: number;
}

/** The largest number of frequencies in a spectrum. */
const MAX_FREQUENCIES = 2 ** 24;

/** How far from an integer a frequency times p may be, for float32 parameters. */
const TOLERANCE = 1e-2;

/** How long neurons are expanded before others get a turn. */
const TURN_MILLISECONDS = 50;

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/** The components of a term's frequency as integers. @throws RangeError when it is no multiple of 1 / p */
const integersOf = (frequency: Float64Array, period: number): number[] =>
  Array.from(frequency, beta => {
    const exact = (beta * period) / (2 * Math.PI);
    const nearest = Math.round(exact);
    if (Math.abs(exact - nearest) > TOLERANCE)
      throw new RangeError(
        `predictedSpectrum: the field's frequencies must be multiples of 1 / period, got ${exact} / ${period}`,
      );
    return nearest;
  });

/** The complex amplitudes of the frequencies -K ... K along each axis. */
class Lattice {
  readonly side: number;
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly #most: number;

  constructor(axes: number, most: number) {
    this.#most = most;
    this.side = 2 * most + 1;
    this.real = new Float64Array(this.side ** axes);
    this.imaginary = new Float64Array(this.side ** axes);
  }

  /** Adds a sin(2 pi q x / p + lambda), which is (a / 2i) exp(i ...) plus its conjugate at -q; false if q is beyond. */
  add(frequency: readonly number[], amplitude: number, phase: number): boolean {
    if (frequency.some(q => Math.abs(q) > this.#most)) return false;
    const index = (sign: number): number =>
      frequency.reduce((place, q) => place * this.side + sign * q + this.#most, 0);
    const [real, imaginary] = [(amplitude / 2) * Math.sin(phase), (-amplitude / 2) * Math.cos(phase)];
    const [plus, minus] = [index(1), index(-1)];
    this.real[plus] = (this.real[plus] as number) + real;
    this.imaginary[plus] = (this.imaginary[plus] as number) + imaginary;
    this.real[minus] = (this.real[minus] as number) + real;
    this.imaginary[minus] = (this.imaginary[minus] as number) - imaginary;
    return true;
  }
}

/**
 * The amplitude spectrum of a periodic field of two sinusoidal layers and a linear one, from its parameters: the sum of
 * the harmonic expansions of its neurons, weighted by the output layer. It is comparable with `amplitudeSpectrum` of
 * the field's values at 2 K + 1 points a period, spacing p / (2 K + 1), where that has no aliasing.
 *
 * @throws RangeError when an option is out of its range or the field does not have the period; the reason of `signal`
 */
export const predictedSpectrum = async (
  network: SinusoidalNetwork,
  options: PredictedSpectrumOptions,
): Promise<PredictedSpectrum> => {
  assertOptions('predictedSpectrum', options, {
    period: 1,
    maxFrequency: 1,
    output: 1,
    maxOrder: 1,
    minAmplitude: 1,
    maxTerms: 1,
    signal: 1,
    onProgress: 1,
  });
  assertTruncation('predictedSpectrum', options);
  const { period, maxFrequency, output = 0, maxOrder, minAmplitude = 0, maxTerms = DEFAULT_TERMS } = options;
  const { inFeatures, biases } = network;
  const outFeatures = network.output.biases.length;
  assertPositive('predictedSpectrum: period', period);
  assertCount('predictedSpectrum: maxFrequency', maxFrequency);
  if (!(Number.isInteger(output) && output >= 0 && output < outFeatures))
    throw new RangeError(`predictedSpectrum: output must be an integer from 0 to ${outFeatures - 1}, got ${output}`);
  if ((2 * maxFrequency + 1) ** inFeatures > MAX_FREQUENCIES)
    throw new RangeError(
      `predictedSpectrum: maxFrequency must leave at most ${MAX_FREQUENCIES} frequencies, got ${maxFrequency}`,
    );
  const lattice = new Lattice(inFeatures, maxFrequency);
  lattice.add(new Array<number>(inFeatures).fill(0), network.output.biases[output] as number, Math.PI / 2);
  let foundEnergy = 1;
  let [within, beyond] = [0, 0];
  let turn = performance.now();
  for (let neuron = 0; neuron < biases.length; neuron++) {
    if (performance.now() - turn > TURN_MILLISECONDS) {
      options.onProgress?.(neuron / biases.length);
      await pause();
      turn = performance.now();
    }
    options.signal?.throwIfAborted();
    const weight = network.output.weights[neuron * outFeatures + output] as number;
    let [count, energy] = [0, 0];
    for (const { amplitude, frequency, phase } of largestTerms(network, neuron, maxOrder)) {
      if (count === maxTerms || Math.abs(amplitude) < minAmplitude) break;
      count++;
      energy += amplitude ** 2;
      const share = (weight * amplitude) ** 2;
      if (lattice.add(integersOf(frequency, period), weight * amplitude, phase)) within += share;
      else beyond += share;
    }
    foundEnergy = Math.min(foundEnergy, energy);
  }
  options.onProgress?.(1);
  const { side, real, imaginary } = lattice;
  const axis = Float64Array.from({ length: side }, (_, i) => (i - maxFrequency) / period);
  return {
    amplitudes: real.map((value, i) => Math.hypot(value, imaginary[i] as number)),
    shape: new Array<number>(inFeatures).fill(side),
    frequencies: Array.from({ length: inFeatures }, () => axis),
    foundEnergy,
    energyBeyond: within + beyond === 0 ? 0 : beyond / (within + beyond),
  };
};
