import { quadratic } from '@neural-fields/core';
import type { NetworkPreset } from '../preset.ts';
import type { Sized } from '../preset-options.ts';
import { bellPreset, HALF_WIDTH } from './bell.ts';

/** Layers 1 / (1 + (a z)^2) with z = W h + b. */
export const quadraticPreset: NetworkPreset<Sized<'a'>> = bellPreset({
  name: 'quadratic',
  title: 'Quadratic',
  parameters: { a: { value: 1 / HALF_WIDTH, description: 'inverse width' } },
  activation: ({ a }) => quadratic({ a }),
});
