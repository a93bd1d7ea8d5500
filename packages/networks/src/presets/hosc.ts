import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** Layers tanh(beta sin(omega (W h + b))). */
export const hoscPreset: NetworkPreset<Sized<'omega' | 'beta'>> = definePreset({
  name: 'hosc',
  title: 'HOSC',
  reference: 'Serrano et al. 2024, arXiv:2401.10967, equation 1; omega as in Wlodarczyk et al. 2026, arXiv:2601.07870',
  options: {
    ...hiddenSize(256, 3),
    omega: positive(30, 'frequency factor of all layers'),
    beta: positive(1, 'sharpness: a sine for a small one, a square wave for a large one'),
  },
  training: sirenTraining,
  differences: ["a SIREN's initialisation and training; beta is the same for all layers and not trained"],
  build: (size, { omega, beta, ...options }) =>
    denseNetwork({
      ...size,
      ...options,
      activation: { kind: 'hosc', omega, beta },
      weightInitialiser: { kind: 'siren-hidden' },
      firstLayer: { weightInitialiser: { kind: 'siren-first' } },
    }),
});
