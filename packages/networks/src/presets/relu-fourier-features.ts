import { relu } from '@neural-fields/core';
import { fourierFeatures } from '@neural-fields/encodings';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, integer, positive, type Sized } from '../preset-options.ts';

/** A ReLU network behind random Fourier features. */
export const reluFourierFeaturesPreset: NetworkPreset<Sized<'features' | 'sigma' | 'seed'>> = definePreset({
  name: 'relu-fourier-features',
  title: 'ReLU with Fourier features',
  reference: 'Tancik et al. 2020, arXiv:2006.10739, equation 5 and section 6.1',
  options: {
    ...hiddenSize(256, 2),
    features: integer(256, 'number of frequencies'),
    sigma: positive(5, 'standard deviation of the frequencies, in cycles per unit of [-1, 1]: half of that on [0, 1]'),
    seed: integer(0, 'seed of the frequencies', 0),
  },
  training: { learningRate: 1e-3, steps: 2000, batch: 'full', valueRange: [0, 1] },
  differences: ['no sigmoid behind the last layer, so that values of [-1, 1] can be fitted'],
  build: (size, { features, sigma, seed, ...options }) =>
    denseNetwork({
      ...size,
      ...options,
      activation: relu(),
      weightInitialiser: { kind: 'kaiming-normal' },
      encoding: fourierFeatures({ features, scale: sigma, seed }),
    }),
});
