import { assertCount, assertOptions } from '@neural-fields/core/options';
import { type AmplitudeSpectrum, fft } from '@neural-fields/core/spectra';
import { tabulatedJ0 } from '../bessel-table.ts';
import { assertLattice, integersOf, type LatticeOptions, spectrumOn } from './lattice.ts';
import type { SinusoidalNetwork } from './sinusoidal-pair.ts';
import { inTurns, type LongWork } from './turns.ts';

/** The options of {@link expectedSpectrum}. */
export interface ExpectedSpectrumOptions extends LatticeOptions, LongWork {
  /**
   * The largest number of neurons that are computed, those with the largest output weights; the energy of the others is
   * taken to have the same spectrum. All if absent.
   */
  readonly maxNeurons?: number;
}

/** The neurons of one output in descending order of their squared output weights, and those squares. */
const byWeight = ({ output: { weights, biases } }: SinusoidalNetwork, output: number) => {
  const o = biases.length;
  return Array.from({ length: weights.length / o }, (_, neuron) => ({
    neuron,
    energy: (weights[neuron * o + output] as number) ** 2,
  })).sort((a, b) => b.energy - a.energy);
};

/** Multiplies the product at every grid point by a factor that depends on q n modulo N, for the grid point n. */
const multiplyAlong = (product: Float64Array, frequency: readonly number[], factors: Float64Array): void => {
  const side = factors.length;
  const modulo = (value: number): number => ((value % side) + side) % side;
  const last = modulo(frequency.at(-1) as number);
  for (let start = 0; start < product.length; start += side) {
    let phase = 0;
    // The position along all axes but the last, from the last of them to the first.
    for (let axis = frequency.length - 2, line = start / side; axis >= 0; axis--, line = Math.floor(line / side))
      phase += (frequency[axis] as number) * (line % side);
    let at = modulo(phase);
    for (let i = start; i < start + side; i++) {
      product[i] = (product[i] as number) * (factors[at] as number);
      at += last;
      if (at >= side) at -= side;
    }
  }
};

/**
 * The root mean square amplitudes of the field over random phases: with phi_j and b_i uniform on a circle, the terms of
 * a harmonic expansion have independent signs, and the mean square amplitude at a frequency beta is
 *
 *     sum_i C_i^2 P_i(beta) / 2,   P_i(beta) = sum of alpha_k^2 over the k with beta_k = beta
 *
 * Every term is there: with Neumann's addition theorem sum_k J_k(w)^2 exp(i k theta) = J_0(2 w sin(theta / 2))
 * (Abramowitz and Stegun 1964, 9.1.79), P_i is the discrete Fourier transform of
 *
 *     prod_j J_0(2 W_ji sin(omega_j x / 2))
 *
 * over one period. Sampled at 2 K + 1 points along each axis, so frequencies beyond K alias as they do in
 * `amplitudeSpectrum` of the field's values at those points. An untrained field's spectrum scatters around it; training
 * aligns the phases. The time grows with neurons, input frequencies and grid points.
 *
 * @throws RangeError when an option is out of its range or the field does not have the period; the reason of `signal`
 */
export const expectedSpectrum = async (
  network: SinusoidalNetwork,
  options: ExpectedSpectrumOptions,
): Promise<AmplitudeSpectrum> => {
  assertOptions('expectedSpectrum', options, {
    period: 1,
    maxFrequency: 1,
    output: 1,
    maxNeurons: 1,
    signal: 1,
    onProgress: 1,
  });
  assertLattice('expectedSpectrum', network, options);
  const { period, maxFrequency, output = 0, maxNeurons } = options;
  if (maxNeurons !== undefined) assertCount('expectedSpectrum: maxNeurons', maxNeurons);
  const { inFeatures, frequencies, phases, weights, biases } = network;
  const side = 2 * maxFrequency + 1;
  const shape = new Array<number>(inFeatures).fill(side);
  const integers = Array.from(phases, (_, j) =>
    integersOf('expectedSpectrum', frequencies.subarray(j * inFeatures, (j + 1) * inFeatures), period),
  );
  const neurons = byWeight(network, output);
  const chosen = neurons.slice(0, maxNeurons);
  const energyOf = (list: typeof neurons): number => list.reduce((sum, { energy }) => sum + energy, 0);
  const total = new Float64Array(side ** inFeatures);
  const sines = Float64Array.from({ length: side }, (_, t) => Math.sin((Math.PI * t) / side));
  const besselJ0 = tabulatedJ0(2 * weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0));
  for await (const turn of inTurns(chosen.length, options)) {
    const { neuron, energy } = chosen[turn] as (typeof chosen)[number];
    const product = new Float64Array(total.length).fill(1);
    for (const [j, frequency] of integers.entries()) {
      const weight = weights[j * biases.length + neuron] as number;
      const factors = sines.map(sine => besselJ0(2 * weight * sine));
      multiplyAlong(product, frequency, factors);
    }
    for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + energy * (product[i] as number);
  }
  // The transform is linear, so one for all neurons is enough.
  const { real } = fft({ real: total, imaginary: new Float64Array(total.length) }, shape);
  const scale = chosen.length === 0 ? 0 : energyOf(neurons) / Math.max(energyOf(chosen), Number.MIN_VALUE);
  const bias = network.output.biases[output] as number;
  const amplitudes = new Float64Array(total.length);
  for (let i = 0; i < real.length; i++) {
    // The frequency 0 goes from index 0 of each axis to its middle.
    let place = 0;
    for (let axis = 0, stride = real.length; axis < inFeatures; axis++) {
      stride /= side;
      place += ((Math.floor(i / stride) + maxFrequency) % side) * stride;
    }
    const square = Math.max(0, (scale * (real[i] as number)) / (2 * real.length));
    amplitudes[place] = Math.sqrt(square + (i === 0 ? bias ** 2 : 0));
  }
  return spectrumOn(network, options, amplitudes);
};
