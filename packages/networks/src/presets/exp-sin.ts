import { expSin } from '@neural-fields/core';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import { finerTraining } from './finer.ts';

/** Layers exp(-sin(a z)) with z = W h + b. */
export const expSinPreset: NetworkPreset<Sized<'a'>> = definePreset({
  name: 'exp-sin',
  title: 'ExpSin',
  activation: 'exp-sin',
  reference: 'Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1',
  options: { ...hiddenSize(256, 3), a: positive(30, "angular frequency, a SIREN's") },
  training: finerTraining,
  differences: [
    "a SIREN's initialisation and the training of periodic layers in arXiv:2312.02434, since the paper gives none: with " +
      "PyTorch's initialisation the phases of hidden layers are too large to be trained",
  ],
  build: (size, { a, ...options }) =>
    denseNetwork({
      ...size,
      ...options,
      activation: expSin({ a }),
      weightInitialiser: { kind: 'siren-hidden', omega: a },
      firstLayer: { weightInitialiser: { kind: 'siren-first' } },
    }),
});
