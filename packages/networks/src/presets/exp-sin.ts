import { expSin } from '@neural-fields/core';
import type { NetworkPreset } from '../preset.ts';
import type { Sized } from '../preset-options.ts';
import { bellPreset } from './bell.ts';

/** Layers exp(-sin(a z)) with z = W h + b. */
export const expSinPreset: NetworkPreset<Sized<'a'>> = bellPreset({
  name: 'exp-sin',
  title: 'ExpSin',
  parameters: { a: { value: 30, description: "angular frequency, a SIREN's" } },
  activation: ({ a }) => expSin({ a }),
});
