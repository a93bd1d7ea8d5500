import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, type Sized } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** Layers of the smooth rectifier x Phi(x). */
export const geluPreset: NetworkPreset<Sized> = definePreset({
  name: 'gelu',
  title: 'GELU',
  reference: 'Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2',
  options: hiddenSize(256, 3),
  training: sirenTraining,
  differences: ['training and sizes of the baselines of arXiv:2006.09661; the approximation by a sigmoid of section 2'],
  build: (size, options) =>
    denseNetwork({
      ...size,
      ...options,
      activation: { kind: 'gelu' },
      weightInitialiser: { kind: 'kaiming-normal' },
    }),
});
