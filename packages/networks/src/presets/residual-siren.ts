import { sine } from '@neural-fields/core';
import type { ChainSpec, IdentityLayerSpec, SumSpec } from '@neural-fields/core/layers';
import { denseLayer, networkOfLayers } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { integer, type Numbers, positive } from '../preset-options.ts';

const input: IdentityLayerSpec = { kind: 'identity' };

/** A SIREN of blocks h + sin(omega (V sin(omega (W h + b)) + c)). */
export const residualSirenPreset: NetworkPreset<Numbers<'hiddenFeatures' | 'blocks' | 'omega'>> = definePreset({
  name: 'residual-siren',
  title: 'SIREN with residual blocks',
  reference: 'Lu et al. 2021, arXiv:2104.04523, section 3.1, and its code',
  options: {
    hiddenFeatures: integer(128, 'width of the layers'),
    blocks: integer(7, 'residual blocks, of two layers each'),
    omega: positive(30, 'frequency factor of all layers'),
  },
  training: { learningRate: 5e-5, finalFactor: 0.008, steps: 10_000, batch: 16_384, valueRange: [-1, 1] },
  differences: [
    'the authors derive the width from a rate of compression, and multiply the learning rate by 0.2 every 20 passes ' +
      'over the volume, to 0.008 in all; here it falls to that geometrically',
  ],
  build: (size, { hiddenFeatures, blocks, omega }) => {
    const activation = sine({ omega });
    const layer = (fanOmega = omega) =>
      denseLayer(hiddenFeatures, activation, { kind: 'siren-hidden', omega: fanOmega });
    // The input of every block but the first is halved before the first product, as a factor on its weights would do.
    const block = (index: number): SumSpec => {
      const half: SumSpec = { kind: 'sum', branches: [input], coefficients: [index === 0 ? 1 : 0.5] };
      const branch: ChainSpec = { kind: 'chain', layers: [half, layer(), layer()] };
      const weight = index === blocks - 1 ? 0.5 : 1;
      return { kind: 'sum', branches: [input, branch], coefficients: [weight, weight] };
    };
    return networkOfLayers(size, [
      denseLayer(hiddenFeatures, activation, { kind: 'siren-first' }),
      ...Array.from({ length: blocks }, (_, index) => block(index)),
      denseLayer(size.outFeatures, { kind: 'identity' }, { kind: 'siren-hidden', omega }),
    ]);
  },
});
