import { denseLayer, networkOfLayers } from '../dense.ts';
import type { GaborFilterSpec } from '../layers/gabor-filter.ts';
import type { MultiplicativeFiltersSpec } from '../layers/multiplicative-filters.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, positive, type Sized } from '../preset-options.ts';
import { mfnTraining } from './mfn-fourier.ts';

/** Products of Gabor filters of the coordinates and linear layers between them. */
export const mfnGaborPreset: NetworkPreset<Sized<'inputScale' | 'weightScale' | 'alpha' | 'beta'>> = definePreset({
  name: 'mfn-gabor',
  title: 'Multiplicative filter network, Gabor',
  reference: 'Fathony et al. 2021, "Multiplicative filter networks" (ICLR), equation 3 and section 3.2, and its code',
  options: {
    ...hiddenSize(256, 3),
    inputScale: positive(256, "factor on the filters' initial frequencies"),
    weightScale: positive(1, 'squared bound of the initial weights, times the width'),
    alpha: positive(6, 'shape of the Gamma distribution of the inverse variances, of all filters together'),
    beta: positive(1, 'rate of that distribution'),
  },
  training: mfnTraining,
  differences: ["a filter's frequencies, centre, inverse variance and phase are one row of a parameter"],
  build: (size, { hiddenFeatures, hiddenLayers, inputScale, weightScale, alpha, beta }) => {
    const count = hiddenLayers + 1;
    const filter: GaborFilterSpec = {
      kind: 'gabor-filter',
      outFeatures: hiddenFeatures,
      scale: inputScale / Math.sqrt(count),
      shape: alpha / count,
      rate: beta,
    };
    const network: MultiplicativeFiltersSpec = {
      kind: 'multiplicative-filters',
      filters: Array.from({ length: count }, () => filter),
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
