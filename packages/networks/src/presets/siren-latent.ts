import { type InitialiserSpec, siren } from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { networkOfLayers } from '../dense.ts';
import type { LatentSpec } from '../layers/latent.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, integer, positive, type Sized } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** One SIREN for many signals: each signal has a code, which is concatenated to the coordinates. */
export const sirenLatentPreset: NetworkPreset<Sized<'omega0' | 'omegaHidden' | 'latentFeatures' | 'spread'>> =
  definePreset({
    name: 'siren-latent',
    title: 'SIREN with a latent code',
    reference: 'Park et al. 2019, arXiv:1901.05103, section 4 (auto-decoder), with the layers of arXiv:2006.09661',
    options: {
      ...hiddenSize(256, 3),
      omega0: positive(30, 'frequency factor of the first layer'),
      omegaHidden: positive(30, 'frequency factor of the other layers'),
      latentFeatures: integer(64, 'length of the code'),
      spread: positive(0.01, 'standard deviation of the initial code'),
    },
    training: sirenTraining,
    differences: ['the first layer is initialised by the number of coordinates alone, U(+-1 / d)'],
    build: (size, { latentFeatures, spread, ...options }) => {
      const latent: LatentSpec = { kind: 'latent', features: latentFeatures, spread };
      const [first, ...others] = siren({ ...options, ...size, inFeatures: size.inFeatures + latentFeatures }).layers;
      const weightInitialiser: InitialiserSpec = { kind: 'uniform', bound: 1 / size.inFeatures };
      const wide: DenseSpec = { ...(first as DenseSpec), weightInitialiser };
      return networkOfLayers(size, [latent, wide, ...others]);
    },
  });
