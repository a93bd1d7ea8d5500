/** @file A sum of sines on [-1, 1], and the amplitudes of a field at their frequencies. */
import { createRng } from '@neural-fields/core';

/** Samples of a sum of sines of amplitude 1. */
export interface WaveSum {
  /** In cycles over [-1, 1], ascending. */
  readonly frequencies: readonly number[];
  /** `f32[n, 1]`: a period of the sum, pixel-centred. */
  readonly coords: Float32Array;
  /** `f32[n, 1]` */
  readonly values: Float32Array;
}

/** The number of sines in the paper. */
const SINES = 10;
/** The highest frequency is this part of the sampling rate: 50 of 200 in the paper. */
const HIGHEST = 1 / 4;

/**
 * sum_k sin(2 pi k z + phi_k) with z = (x + 1) / 2, for equidistant frequencies k up to a quarter of the samples:
 * Rahaman et al. 2019, arXiv:1806.08734, section 3, experiment 1 (5, 10 ... 50 at 200 samples).
 */
export const waveSum = (samples: number, seed: number): WaveSum => {
  const spacing = Math.max(1, Math.floor((HIGHEST * samples) / SINES));
  const frequencies = Array.from({ length: SINES }, (_, i) => spacing * (i + 1)).filter(k => 2 * k < samples);
  const rng = createRng(seed).fork('phases');
  const phases = frequencies.map(() => 2 * Math.PI * rng.uniform());
  const z = Float64Array.from({ length: samples }, (_, i) => (i + 0.5) / samples);
  return {
    frequencies,
    coords: Float32Array.from(z, at => 2 * at - 1),
    values: Float32Array.from(z, at =>
      frequencies.reduce((sum, k, i) => sum + Math.sin(2 * Math.PI * k * at + (phases[i] as number)), 0),
    ),
  };
};

/** The amplitudes of the sines of some frequencies in equidistant samples of a period. */
export const amplitudesAt = (values: ArrayLike<number>, frequencies: readonly number[]): readonly number[] =>
  frequencies.map(k => {
    let [real, imaginary] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      const angle = (2 * Math.PI * k * i) / values.length;
      real += (values[i] as number) * Math.cos(angle);
      imaginary -= (values[i] as number) * Math.sin(angle);
    }
    return (2 / values.length) * Math.hypot(real, imaginary);
  });
