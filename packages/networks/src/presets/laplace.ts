import { laplace } from '@neural-fields/core';
import type { NetworkPreset } from '../preset.ts';
import type { Sized } from '../preset-options.ts';
import { bellPreset, HALF_WIDTH } from './bell.ts';

/** Layers exp(-|z| / a) with z = W h + b. */
export const laplacePreset: NetworkPreset<Sized<'a'>> = bellPreset({
  name: 'laplace',
  title: 'Laplacian activation',
  parameters: { a: { value: HALF_WIDTH / Math.LN2, description: 'width' } },
  activation: ({ a }) => laplace({ a }),
});
