import { relu } from '@neural-fields/core';
import { gaussianRbf } from '@neural-fields/encodings';
import { denseNetwork } from '../dense.ts';
import type { QuarticRbfSpec } from '../layers/quartic-rbf.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { type ChoiceOption, hiddenSize, integer, positive, type Sized } from '../preset-options.ts';
import { sirenTraining } from './siren.ts';

/** A ReLU network behind radial basis functions: a baseline of Sitzmann et al. 2020. */
export const reluRbfPreset: NetworkPreset<
  Sized<'features' | 'steepness' | 'sigma'> & { readonly kernel: ChoiceOption<'quartic' | 'gaussian'> }
> = definePreset({
  name: 'relu-rbf',
  title: 'ReLU with radial basis functions',
  reference: "Sitzmann et al. 2020, arXiv:2006.09661, section 4, and its code: He's initialisation (arXiv:1502.01852)",
  options: {
    ...hiddenSize(256, 3),
    features: integer(1024, 'number of basis functions'),
    kernel: {
      kind: 'choice',
      default: 'quartic',
      choices: ['quartic', 'gaussian'],
      description: "exp(-(s |x - c|^2)^2), which is the authors', or exp(-|x - c|^2 / (2 sigma^2))",
    },
    steepness: positive(10, 'initial s of the quartic functions'),
    sigma: positive(0.25, 'initial width of the Gaussian functions, which is about as wide'),
  },
  training: sirenTraining,
  differences: [],
  build: (size, { features, kernel, steepness, sigma, ...options }) => {
    const quartic: QuarticRbfSpec = { kind: 'quartic-rbf', outFeatures: features, steepness };
    return denseNetwork({
      ...size,
      ...options,
      activation: relu(),
      weightInitialiser: { kind: 'kaiming-normal' },
      encoding: kernel === 'quartic' ? quartic : gaussianRbf({ features, sigma }),
    });
  },
});
