/** @file A picture from its gradients: figure 3 of the SIREN paper, and the table of PSNRs in its supplement. */
import type { Experiment } from '../frame/experiment.ts';
import { type Check, within } from '../frame/findings.ts';
import { cameraSha256 } from '../shared/pictures.ts';
import { poissonExperiment } from '../shared/poisson-experiment.ts';

/** Measured in JAX, float32, full batch, Adam 1e-4, 128 x 128, 500 steps, seed 0. */
const independent = { gradient: 56.2, picture: 32 } as const;

/** The experiment. */
export const sirenPoissonGradient: Experiment = poissonExperiment({
  id: 'siren-poisson-gradient',
  title: 'A picture from its gradients',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, section 4.1, figure 3 and the table of its supplement',
  summary:
    'Three networks are shown the gradients of a picture and nothing else. A SIREN fits them far better, and the picture comes back with them, up to its brightness.',
  data: "the gradients of a photograph of 1865-1870 (the authors: scikit-image's camera), all pixels in every step",
  supervision: 'gradient',
  published: {
    siren: { value: 32.91, gradient: 46.85, laplacian: 19.88 },
    'relu-pe': { value: 26.35, gradient: 19.33, laplacian: 14.24 },
    tanh: { value: 25.79, gradient: 19.11, laplacian: 18.59 },
  },
  leads: { gradient: 15 },
  profiles: {
    quick: {
      size: 48,
      steps: 300,
      hiddenFeatures: 256,
      hiddenLayers: 3,
      learningRate: 1e-4,
      learningRates: { 'relu-pe': 4e-3, tanh: 5e-4 },
    },
    paper: { size: 256, steps: 10_000, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
  },
  checks: ({ settings }, { width, height, sha256 }, { siren }): readonly Check[] => {
    const { steps, hiddenFeatures, hiddenLayers } = settings;
    const same = sha256 === cameraSha256 && width === 128 && height === 128 && steps === 500;
    if (siren === undefined || !same || hiddenFeatures !== 256 || hiddenLayers !== 3) return [];
    const because = 'an independent implementation in JAX on the same picture; seeds differ by half a decibel';
    return [
      {
        what: 'SIREN, PSNR of the gradient of camera.png',
        unit: 'dB',
        obtained: siren.gradient,
        measured: independent.gradient,
        atLeast: 54,
        because,
      },
      {
        what: 'SIREN, PSNR of camera.png up to a constant',
        unit: 'dB',
        obtained: siren.value,
        ...within(independent.picture, 2),
        because,
      },
    ];
  },
});
