import { finer, type InitialiserSpec } from '@neural-fields/core';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import type { TrainingSettings } from '../training.ts';

/** Images in the code of Liu et al. 2023, arXiv:2312.02434, for networks of periodic layers. */
export const finerTraining: TrainingSettings = {
  learningRate: 5e-4,
  finalFactor: 0.1,
  steps: 5000,
  batch: 'full',
  valueRange: [-1, 1],
};

/** Layers sin(omega (|z| + 1) z) with z = W h + b. */
export const finerPreset: NetworkPreset<Sized<'omega0' | 'omegaHidden' | 'biasBound'>> = definePreset({
  name: 'finer',
  title: 'FINER',
  reference: 'Liu et al. 2023, arXiv:2312.02434, equation 5 and section 3.3',
  options: {
    ...hiddenSize(256, 3),
    omega0: positive(30, 'frequency factor of the first layer'),
    omegaHidden: positive(30, 'frequency factor of the other layers'),
    biasBound: positive(1, 'bound k of the first bias, U(-k, k): the larger, the higher the frequencies'),
  },
  training: finerTraining,
  differences: [
    'true derivatives; the authors treat |z| + 1 as a constant',
    "the bound of the first bias is 1; scripts of the authors also leave it to PyTorch's 1 / sqrt(d)",
  ],
  build: (size, { omega0, omegaHidden, biasBound, ...options }) => {
    const weightInitialiser: InitialiserSpec = { kind: 'siren-hidden' };
    return denseNetwork({
      ...size,
      ...options,
      activation: finer({ omega: omegaHidden }),
      weightInitialiser,
      firstLayer: {
        activation: finer({ omega: omega0 }),
        weightInitialiser: { kind: 'siren-first' },
        biasInitialiser: { kind: 'uniform', bound: biasBound },
      },
    });
  },
});
