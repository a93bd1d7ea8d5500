import { siren } from '@neural-fields/core';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import type { TrainingSettings } from '../training.ts';

/** Images in Sitzmann et al. 2020, arXiv:2006.09661, supplement section 3: also for its baselines. */
export const sirenTraining: TrainingSettings = {
  learningRate: 1e-4,
  steps: 10_000,
  batch: 'full',
  valueRange: [-1, 1],
};

/** Layers sin(omega (W h + b)). */
export const sirenPreset: NetworkPreset<Sized<'omega0' | 'omegaHidden'>> = definePreset({
  name: 'siren',
  title: 'SIREN',
  reference: 'Sitzmann et al. 2020, arXiv:2006.09661, sections 3 and 3.2',
  options: {
    ...hiddenSize(256, 3),
    omega0: positive(30, 'frequency factor of the first layer'),
    omegaHidden: positive(30, 'frequency factor of the other layers'),
  },
  training: sirenTraining,
  differences: [],
  build: (size, options) => siren({ ...size, ...options }),
});
