import { superGaussian } from '@neural-fields/core';
import type { NetworkPreset } from '../preset.ts';
import type { Sized } from '../preset-options.ts';
import { bellPreset, HALF_WIDTH } from './bell.ts';

const POWER = 2;

/** Layers exp(-z^2 / (2 sigma^2))^b with z = W h + b. */
export const superGaussianPreset: NetworkPreset<Sized<'sigma' | 'b'>> = bellPreset({
  name: 'super-gaussian',
  title: 'Super-Gaussian',
  parameters: {
    sigma: {
      value: HALF_WIDTH * Math.sqrt(POWER / (2 * Math.LN2)),
      description: 'standard deviation before the power',
    },
    b: { value: POWER, description: 'power' },
  },
  activation: ({ sigma, b }) => superGaussian({ sigma, b }),
});
