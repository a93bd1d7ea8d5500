import { relu } from '@neural-fields/core';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, type Sized } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** Layers max(W h + b, 0): the baseline of Sitzmann et al. 2020, arXiv:2006.09661, section 4. */
export const reluPreset: NetworkPreset<Sized> = definePreset({
  name: 'relu',
  title: 'ReLU',
  reference: "Sitzmann et al. 2020, arXiv:2006.09661, section 4, and its code: He's initialisation (arXiv:1502.01852)",
  options: hiddenSize(256, 3),
  training: sirenTraining,
  differences: [],
  build: (size, options) =>
    denseNetwork({ ...size, ...options, activation: relu(), weightInitialiser: { kind: 'kaiming-normal' } }),
});
