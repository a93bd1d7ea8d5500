/** @file Everything public of the periodic-init package. */
export { besselJ, besselJs } from './bessel.ts';
export type { Bounds } from './bounds/bounded-layer.ts';
export { applyBounds, bounds } from './bounds/bounds.ts';
export { createLearnedBounds, type LearnedBounds, type LearnedBoundsOptions } from './bounds/learned-bounds.ts';
export { type ExpectedSpectrumOptions, expectedSpectrum } from './expansion/expected-spectrum.ts';
export {
  amplitudeBound,
  evaluateExpansion,
  type HarmonicExpansion,
  type HarmonicExpansionOptions,
  type HarmonicTerm,
  harmonicExpansion,
  harmonicTerm,
  type Orders,
  type Truncation,
} from './expansion/harmonic-expansion.ts';
export type { LatticeOptions } from './expansion/lattice.ts';
export {
  type PredictedSpectrum,
  type PredictedSpectrumOptions,
  predictedSpectrum,
} from './expansion/predicted-spectrum.ts';
export {
  type LinearOutput,
  type SinusoidalNetwork,
  type SinusoidalPair,
  sinusoidalNetwork,
  sinusoidalPair,
} from './expansion/sinusoidal-pair.ts';
export type { LongWork } from './expansion/turns.ts';
export type { Frequency } from './frequencies/frequency.ts';
export { defaultMaxFrequency, type NyquistOptions, nyquistFrequency } from './frequencies/nyquist.ts';
export {
  type FrequencyDraw,
  lowFrequencyOf,
  type PeriodicFrequencyOptions,
  periodicFrequencies,
} from './frequencies/periodic-frequencies.ts';
export { type SpectralFrequencyOptions, spectralFrequencies } from './frequencies/spectral-frequencies.ts';
export { type UniformFrequencyOptions, uniformFrequencies } from './frequencies/uniform-frequencies.ts';
export { FREQUENCY_GROUP, type PeriodicSpec, periodicExtensions, periodicLayer, periodOf } from './periodic-layer.ts';
export { DEFAULT_PERIOD, type TunerOptions, tuner } from './tuner.ts';
