import { denseLayer, networkOfLayers } from '../dense.ts';
import type { RealGaborSpec } from '../layers/real-gabor.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import { equalParameterWidth, wireTraining } from './wire.ts';

/** Layers of real Gabor wavelets cos(omega z) exp(-(scale y)^2), with weights of their own for z and y. */
export const wireRealPreset: NetworkPreset<Sized<'omega' | 'scale'>> = definePreset({
  name: 'wire-real',
  title: 'WIRE, real',
  reference: "Saragadam et al. 2023, arXiv:2301.05187, and `RealGaborLayer` in the authors' code",
  options: {
    ...hiddenSize(256, 3),
    omega: positive(20, 'frequency of the wavelet'),
    scale: positive(10, 'inverse width of its window'),
  },
  training: wireTraining,
  differences: [
    'hiddenFeatures is the width of a network with one weight per connection and as many parameters: there are ' +
      'hiddenFeatures / sqrt 2 features, each with two',
  ],
  build: (size, { hiddenFeatures, hiddenLayers, omega, scale }) => {
    const gabor: RealGaborSpec = { kind: 'real-gabor', outFeatures: equalParameterWidth(hiddenFeatures), omega, scale };
    return networkOfLayers(size, [
      ...Array.from({ length: hiddenLayers + 1 }, () => gabor),
      denseLayer(size.outFeatures),
    ]);
  },
});
