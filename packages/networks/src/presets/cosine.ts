import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** Layers cos(omega (W h + b)): a SIREN with shifted phases. */
export const cosinePreset: NetworkPreset<Sized<'omega0' | 'omegaHidden'>> = definePreset({
  name: 'cosine',
  title: 'cosine',
  reference: 'Sitzmann et al. 2020, arXiv:2006.09661, section 3.1: the layers of the derivative of a SIREN',
  options: {
    ...hiddenSize(256, 3),
    omega0: positive(30, 'frequency factor of the first layer'),
    omegaHidden: positive(30, 'frequency factor of the other layers'),
  },
  training: sirenTraining,
  differences: ["a SIREN's initialisation, which keeps the distributions, as the phases are spread evenly"],
  build: (size, { omega0, omegaHidden, ...options }) =>
    denseNetwork({
      ...size,
      ...options,
      activation: { kind: 'cosine', omega: omegaHidden },
      weightInitialiser: { kind: 'siren-hidden' },
      firstLayer: {
        activation: { kind: 'cosine', omega: omega0 },
        weightInitialiser: { kind: 'siren-first' },
      },
    }),
});
