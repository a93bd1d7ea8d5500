/** @file The activations that the presets need beyond those of core. */
import type { ActivationDefinition } from '@neural-fields/core/layers';
import { cosineActivation } from './cosine.ts';
import { eluActivation, seluActivation } from './elu.ts';
import { finerGaussianActivation } from './finer-gaussian.ts';
import { geluActivation } from './gelu.ts';
import { hoscActivation } from './hosc.ts';

/** All of them. */
export const activations: readonly ActivationDefinition[] = [
  cosineActivation,
  eluActivation,
  seluActivation,
  geluActivation,
  hoscActivation,
  finerGaussianActivation,
];
