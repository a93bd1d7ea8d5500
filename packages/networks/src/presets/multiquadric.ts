import { multiquadric } from '@neural-fields/core';
import type { NetworkPreset } from '../preset.ts';
import type { Sized } from '../preset-options.ts';
import { bellPreset, HALF_WIDTH } from './bell.ts';

/** Layers 1 / sqrt(1 + (a z)^2) with z = W h + b. */
export const multiquadricPreset: NetworkPreset<Sized<'a'>> = bellPreset({
  name: 'multiquadric',
  title: 'Multi-quadratic',
  parameters: { a: { value: Math.sqrt(3) / HALF_WIDTH, description: 'inverse width' } },
  activation: ({ a }) => multiquadric({ a }),
});
