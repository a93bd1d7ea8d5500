/** @file A picture from its Laplacians: figure 3 of the SIREN paper, and the table of PSNRs in its supplement. */
import type { Experiment } from '../frame/experiment.ts';
import { poissonExperiment } from '../shared/poisson-experiment.ts';

/** The experiment. */
export const sirenPoissonLaplacian: Experiment = poissonExperiment({
  id: 'siren-poisson-laplacian',
  title: 'A picture from its Laplacians',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, section 4.1, figure 3 and the table of its supplement',
  summary:
    'Three networks are shown the Laplacians of a picture and nothing else. A SIREN fits them far better. The picture comes back up to a slow change of its ' +
    'brightness, which no Laplacian sees.',
  data: "the Laplacians of a photograph of 1865-1870 (the authors: scikit-image's camera), all pixels in every step",
  supervision: 'laplacian',
  published: {
    siren: { value: 14.95, gradient: 23.45, laplacian: 57.13 },
    'relu-pe': { value: 11.14, gradient: 11.35, laplacian: 18.31 },
    tanh: { value: 7.11, gradient: 11.14, laplacian: 16.35 },
  },
  leads: { laplacian: 20 },
  profiles: {
    quick: {
      size: 48,
      steps: 300,
      hiddenFeatures: 256,
      hiddenLayers: 3,
      learningRate: 1e-4,
      learningRates: { 'relu-pe': 1e-3, tanh: 2e-3 },
    },
    paper: { size: 256, steps: 10_000, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
  },
});
