import { type ActivationSpec, sine } from '@neural-fields/core';
import { denseLayer, networkOfLayers } from '../dense.ts';
import type { MultiplicativeFiltersSpec } from '../layers/multiplicative-filters.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import type { TrainingSettings } from '../training.ts';

/** Images in the code of Fathony et al. 2021. */
export const mfnTraining: TrainingSettings = { learningRate: 1e-2, steps: 10_000, batch: 'full', valueRange: [-1, 1] };

const filter: ActivationSpec = sine({ omega: 1 });

/** Products of sines of the coordinates and linear layers between them. */
export const mfnFourierPreset: NetworkPreset<Sized<'inputScale' | 'weightScale'>> = definePreset({
  name: 'mfn-fourier',
  title: 'Multiplicative filter network, Fourier',
  reference: 'Fathony et al. 2021, "Multiplicative filter networks" (ICLR), equation 3 and section 3.1, and its code',
  options: {
    ...hiddenSize(256, 3),
    inputScale: positive(256, "factor on the filters' initial frequencies"),
    weightScale: positive(1, 'squared bound of the initial weights, times the width'),
  },
  training: mfnTraining,
  differences: [],
  build: (size, { hiddenFeatures, hiddenLayers, inputScale, weightScale }) => {
    const bound = inputScale / Math.sqrt((hiddenLayers + 1) * size.inFeatures);
    const sines = denseLayer(hiddenFeatures, filter, { kind: 'uniform', bound }, { kind: 'uniform', bound: Math.PI });
    const network: MultiplicativeFiltersSpec = {
      kind: 'multiplicative-filters',
      filters: Array.from({ length: hiddenLayers + 1 }, () => sines),
      linear: denseLayer(
        hiddenFeatures,
        { kind: 'identity' },
        { kind: 'uniform', bound: Math.sqrt(weightScale / hiddenFeatures) },
      ),
      outputs: [{ after: hiddenLayers, layer: denseLayer(size.outFeatures) }],
    };
    return networkOfLayers(size, [network]);
  },
});
