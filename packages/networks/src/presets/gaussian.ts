import { gaussian } from '@neural-fields/core';
import type { NetworkPreset } from '../preset.ts';
import type { Sized } from '../preset-options.ts';
import { bellPreset, HALF_WIDTH } from './bell.ts';

/** Layers exp(-z^2 / (2 sigma^2)) with z = W h + b. */
export const gaussianPreset: NetworkPreset<Sized<'sigma'>> = bellPreset({
  name: 'gaussian',
  title: 'Gaussian',
  parameters: {
    sigma: {
      value: HALF_WIDTH / Math.sqrt(2 * Math.LN2),
      description: 'standard deviation: exp(-(30 z)^2) by default; 0.09 in the code of the paper, for radiance fields',
    },
  },
  activation: ({ sigma }) => gaussian({ sigma }),
});
