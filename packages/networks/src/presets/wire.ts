import { networkOfLayers } from '../dense.ts';
import type { ComplexGaborSpec, ComplexLinearSpec } from '../layers/complex-gabor.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import type { TrainingSettings } from '../training.ts';

/** WIRE in the comparison on images of Liu et al. 2023, arXiv:2312.02434. */
export const wireTraining: TrainingSettings = {
  learningRate: 5e-3,
  finalFactor: 0.1,
  steps: 5000,
  batch: 'full',
  valueRange: [-1, 1],
};

/** A layer with two real numbers for each feature is narrower by sqrt 2, so that parameters are as many. */
export const equalParameterWidth = (hiddenFeatures: number): number =>
  Math.max(1, Math.floor(hiddenFeatures / Math.SQRT2));

/** Layers of complex Gabor wavelets exp(i omega z - |scale z|^2). */
export const wirePreset: NetworkPreset<Sized<'omega' | 'scale'>> = definePreset({
  name: 'wire',
  title: 'WIRE',
  reference: 'Saragadam et al. 2023, arXiv:2301.05187, equation 3; settings of the comparison in arXiv:2312.02434',
  options: {
    ...hiddenSize(256, 3),
    omega: positive(20, 'frequency of the wavelet'),
    scale: positive(10, 'inverse width of its window'),
  },
  training: wireTraining,
  differences: [
    'hiddenFeatures is the width of a real network with as many parameters: there are hiddenFeatures / sqrt 2 complex ' +
      'features, as in the authors’ code',
  ],
  build: (size, { hiddenFeatures, hiddenLayers, omega, scale }) => {
    const outFeatures = equalParameterWidth(hiddenFeatures);
    const gabor = (complexInput: boolean): ComplexGaborSpec => ({
      kind: 'complex-gabor',
      outFeatures,
      omega,
      scale,
      complexInput,
    });
    const last: ComplexLinearSpec = { kind: 'complex-linear', outFeatures: size.outFeatures };
    return networkOfLayers(size, [gabor(false), ...Array.from({ length: hiddenLayers }, () => gabor(true)), last]);
  },
});
