import { gaussianRbf } from '@neural-fields/encodings';
import { denseLayer, networkOfLayers } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { integer, type Numbers, positive } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** A sum of Gaussian functions with learned centres and widths. */
export const rbfPreset: NetworkPreset<Numbers<'features' | 'sigma'>> = definePreset({
  name: 'rbf',
  title: 'RBF network',
  reference: 'Broomhead and Lowe 1988, "Multivariable functional interpolation and adaptive networks", section 2',
  options: {
    features: integer(1024, 'number of basis functions'),
    sigma: positive(0.1, 'initial width of the functions, in units of the coordinates'),
  },
  training: { ...sirenTraining, learningRate: 5e-3 },
  differences: ['all parameters are trained by gradient descent instead of solving for the weights'],
  build: (size, options) => networkOfLayers(size, [gaussianRbf(options), denseLayer(size.outFeatures)]),
});
