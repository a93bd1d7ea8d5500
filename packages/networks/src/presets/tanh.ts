import { tanh } from '@neural-fields/core';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, type Sized } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** Layers tanh(W h + b): a baseline of Sitzmann et al. 2020, arXiv:2006.09661, section 4. */
export const tanhPreset: NetworkPreset<Sized> = definePreset({
  name: 'tanh',
  title: 'tanh',
  reference:
    'Sitzmann et al. 2020, arXiv:2006.09661, section 4, and its code: initialisation of Glorot and Bengio 2010',
  options: hiddenSize(256, 3),
  training: sirenTraining,
  differences: [],
  build: (size, options) =>
    denseNetwork({ ...size, ...options, activation: tanh(), weightInitialiser: { kind: 'xavier-normal' } }),
});
