import { tuner } from '@neural-fields/periodic-init';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, integer, positive, type Sized } from '../preset-options.ts';

/** Sines with a period, and input frequencies that are mostly low. */
export const tunerPreset: NetworkPreset<Sized<'maxFrequency' | 'lowFrequency' | 'period' | 'omegaHidden' | 'seed'>> =
  definePreset({
    name: 'tuner',
    title: 'TUNER',
    reference: 'Novello et al. 2025, arXiv:2407.21121, section 3.2',
    options: {
      ...hiddenSize(256, 1),
      maxFrequency: integer(85, 'bound on the input frequencies, in multiples of 1 / period; 85 for 512 samples'),
      lowFrequency: integer(10, 'bound on low input frequencies, if it is below maxFrequency'),
      period: positive(4, 'period of the field in every coordinate; 2 for a field on [-1, 1] that tiles'),
      omegaHidden: positive(30, 'frequency factor of the hidden layers'),
      seed: integer(0, 'seed of the input frequencies', 0),
    },
    training: { learningRate: 5e-4, steps: 5000, batch: 65_536, valueRange: [-1, 1] },
    differences: [
      'no input frequency is drawn twice where there are enough',
      'the bounds on the hidden weights are a `project` of `fit`: `bounds` of `@neural-fields/periodic-init`',
    ],
    build: (size, { lowFrequency, maxFrequency, ...options }) =>
      tuner({ ...size, ...options, maxFrequency, lowFrequency: Math.min(lowFrequency, maxFrequency) }),
  });
