import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import { finerTraining } from './finer.ts';

/** Layers exp(-(scale sin(omega (|z| + 1) z))^2) with z = W h + b. */
export const finerGaussianPreset: NetworkPreset<Sized<'omega' | 'scale'>> = definePreset({
  name: 'finer-gaussian',
  title: 'FINER++, Gaussian',
  reference: 'Zhu et al. 2024, arXiv:2407.19434, section 4, and its code',
  options: {
    ...hiddenSize(256, 3),
    omega: positive(3, 'frequency factor of all layers'),
    scale: positive(10, 'inverse width of the Gaussian'),
  },
  training: { ...finerTraining, learningRate: 1e-3 },
  differences: [
    'true derivatives; the authors treat |z| + 1 as a constant',
    "the Gaussian's result is used; the layer of the released code discards it",
  ],
  build: (size, { omega, scale, ...options }) =>
    denseNetwork({
      ...size,
      ...options,
      activation: { kind: 'finer-gaussian', omega, scale },
      // The code has a gain of 6, as a SIREN's, also for the last layer.
      weightInitialiser: { kind: 'siren-hidden', omega },
      firstLayer: { weightInitialiser: { kind: 'siren-first' } },
    }),
});
