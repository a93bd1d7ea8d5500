import { siren } from '@neural-fields/core';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';

/** A SIREN whose initial weights are scaled, except those of the last layer. */
export const sirenWeightScalingPreset: NetworkPreset<Sized<'omega0' | 'omegaHidden' | 'alpha'>> = definePreset({
  name: 'siren-weight-scaling',
  title: 'SIREN with weight scaling',
  reference: 'Yeom et al. 2025, arXiv:2410.04779, section 3',
  options: {
    ...hiddenSize(256, 3),
    omega0: positive(30, 'frequency factor of the first layer'),
    omegaHidden: positive(30, 'frequency factor of the other layers'),
    alpha: positive(2.5, 'factor on the initial weights'),
  },
  training: { learningRate: 1e-4, steps: 5000, batch: 'full', valueRange: [0, 1] },
  differences: [],
  build: (size, { alpha, ...options }) => siren({ ...size, ...options, weightScale: alpha }),
});
