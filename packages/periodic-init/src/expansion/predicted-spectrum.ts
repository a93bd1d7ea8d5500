import { assertOptions } from '@neural-fields/core/options';
import type { AmplitudeSpectrum } from '@neural-fields/core/spectra';
import { assertTruncation, DEFAULT_TERMS, largestTerms, type Truncation } from './harmonic-expansion.ts';
import { assertLattice, integersOf, type LatticeOptions, spectrumOn } from './lattice.ts';
import type { SinusoidalNetwork } from './sinusoidal-pair.ts';
import { inTurns, type LongWork } from './turns.ts';

/** The options of {@link predictedSpectrum}. */
export interface PredictedSpectrumOptions extends Truncation, LatticeOptions, LongWork {}

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
 * It is exact, phases included, up to the terms that are left out. Of wide layers with large weights too many terms
 * matter: {@link expectedSpectrum} has them all, for random phases.
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
  assertLattice('predictedSpectrum', network, options);
  const { period, maxFrequency, output = 0, maxOrder, minAmplitude = 0, maxTerms = DEFAULT_TERMS } = options;
  const { inFeatures, biases } = network;
  const outFeatures = network.output.biases.length;
  const lattice = new Lattice(inFeatures, maxFrequency);
  lattice.add(new Array<number>(inFeatures).fill(0), network.output.biases[output] as number, Math.PI / 2);
  let foundEnergy = 1;
  let [within, beyond] = [0, 0];
  for await (const neuron of inTurns(biases.length, options)) {
    const weight = network.output.weights[neuron * outFeatures + output] as number;
    let [count, energy] = [0, 0];
    for (const { amplitude, frequency, phase } of largestTerms(network, neuron, maxOrder)) {
      if (count === maxTerms || Math.abs(amplitude) < minAmplitude) break;
      count++;
      energy += amplitude ** 2;
      const share = (weight * amplitude) ** 2;
      const integers = integersOf('predictedSpectrum', frequency, period);
      if (lattice.add(integers, weight * amplitude, phase)) within += share;
      else beyond += share;
    }
    foundEnergy = Math.min(foundEnergy, energy);
  }
  const { real, imaginary } = lattice;
  const amplitudes = real.map((value, i) => Math.hypot(value, imaginary[i] as number));
  return {
    ...spectrumOn(network, options, amplitudes),
    foundEnergy,
    energyBeyond: within + beyond === 0 ? 0 : beyond / (within + beyond),
  };
};
