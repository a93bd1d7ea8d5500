import { relu } from '@neural-fields/core';
import { positionalEncoding } from '@neural-fields/encodings';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, integer, positive, type Sized } from '../preset-options.ts';

/** A ReLU network behind sines and cosines of doubling frequencies. */
export const reluPositionalEncodingPreset: NetworkPreset<Sized<'octaves' | 'base'>> = definePreset({
  name: 'relu-positional-encoding',
  title: 'ReLU with positional encoding',
  reference: 'Mildenhall et al. 2020, arXiv:2003.08934, equation 4 and section 5.1',
  options: {
    ...hiddenSize(256, 3),
    octaves: integer(10, 'number of frequencies, each twice the previous one'),
    base: positive(Math.PI, 'lowest angular frequency; the code of NeRF has 1'),
  },
  // Rate and schedule of the comparison in the code of Liu et al. 2023, arXiv:2312.02434.
  training: { learningRate: 5e-4, finalFactor: 0.1, steps: 5000, batch: 'full', valueRange: [-1, 1] },
  differences: ['4 layers of 256 instead of 8 with a skip connection, as in comparisons on images'],
  build: (size, { octaves, base, ...options }) =>
    denseNetwork({
      ...size,
      ...options,
      activation: relu(),
      weightInitialiser: { kind: 'kaiming-normal' },
      encoding: positionalEncoding({ octaves, base }),
    }),
});
