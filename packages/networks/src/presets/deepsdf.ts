import type { ActivationSpec, InitialiserSpec } from '@neural-fields/core';
import type { ChainSpec, ConcatSpec, IdentityLayerSpec } from '@neural-fields/core/layers';
import { denseLayer, networkOfLayers } from '../dense.ts';
import type { LatentSpec } from '../layers/latent.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { integer, type Numbers, positive } from '../preset-options.ts';

const relu: ActivationSpec = { kind: 'relu' };
const initialiser: InitialiserSpec = { kind: 'pytorch-linear' };

/** Eight hidden layers; the input is concatenated again before the fifth. */
export const deepSdfPreset: NetworkPreset<Numbers<'hiddenFeatures' | 'latentFeatures' | 'spread'>> = definePreset({
  name: 'deepsdf',
  title: 'DeepSDF',
  reference: 'Park et al. 2019, arXiv:1901.05103, section 4 and figure 4; sizes of its code',
  options: {
    hiddenFeatures: integer(512, 'width of the eight hidden layers'),
    latentFeatures: integer(256, 'length of the code'),
    spread: positive(1 / 16, 'standard deviation of the initial code: 1 / sqrt 256 in the code'),
  },
  training: { learningRate: 5e-4, steps: 100_000, batch: 16_384, valueRange: [-0.1, 0.1] },
  differences: [
    'no weight normalisation and no dropout; one rate for network and codes, where the authors have 5e-4 and 1e-3 and ' +
      'halve them every 500 epochs',
  ],
  build: (size, { hiddenFeatures, latentFeatures, spread }) => {
    const inner = size.inFeatures + latentFeatures;
    if (hiddenFeatures <= inner)
      throw new RangeError(
        `deepsdf: hiddenFeatures must be greater than the ${inner} coordinates and code values, got ${hiddenFeatures}`,
      );
    const hidden = (features = hiddenFeatures) => denseLayer(features, relu, initialiser);
    const latent: LatentSpec = { kind: 'latent', features: latentFeatures, spread };
    const before: ChainSpec = { kind: 'chain', layers: [hidden(), hidden(), hidden(), hidden(hiddenFeatures - inner)] };
    const input: IdentityLayerSpec = { kind: 'identity' };
    const skip: ConcatSpec = { kind: 'concat', branches: [before, input] };
    const after = [hidden(), hidden(), hidden(), hidden()];
    return networkOfLayers(size, [latent, skip, ...after, denseLayer(size.outFeatures, { kind: 'tanh' })]);
  },
});
