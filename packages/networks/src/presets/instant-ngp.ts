import { relu } from '@neural-fields/core';
import { hashGrid } from '@neural-fields/encodings';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { type ChoiceOption, hiddenSize, integer, positive, type Sized } from '../preset-options.ts';

type GridOption = 'levels' | 'features' | 'log2HashmapSize' | 'baseResolution' | 'finestResolution' | 'initialBound';

/** A small ReLU network behind a multi-resolution hash grid. */
export const instantNgpPreset: NetworkPreset<
  Sized<GridOption> & { readonly interpolation: ChoiceOption<'linear' | 'smoothstep'> }
> = definePreset({
  name: 'instant-ngp',
  title: 'Instant-NGP',
  reference: 'Mueller et al. 2022, arXiv:2201.05989, sections 3 and 4, and table 1',
  options: {
    ...hiddenSize(64, 1),
    levels: integer(16, 'levels of the grid'),
    features: integer(2, 'features of a vertex on each level'),
    log2HashmapSize: integer(
      19,
      'binary logarithm of the maximum number of rows of a level; 24 for images of gigapixels',
    ),
    baseResolution: integer(16, 'cells along a side on the first level'),
    finestResolution: integer(512, 'cells along a side on the last level; half the pixels of a side for images'),
    initialBound: positive(1e-4, "bound of the table's initial values"),
    interpolation: {
      kind: 'choice',
      default: 'linear',
      choices: ['linear', 'smoothstep'],
      description: 'between vertices; smoothstep for losses with second derivatives',
    },
  },
  training: {
    learningRate: 1e-2,
    adam: { beta1: 0.9, beta2: 0.99, epsilon: 1e-15 },
    steps: 10_000,
    batch: 2 ** 18,
    valueRange: [0, 1],
  },
  differences: [
    'no L2 regularisation of the network, which has 1e-6 in the paper',
    'the paper trains for a given time; the number of steps is ours',
  ],
  build: (size, { hiddenFeatures, hiddenLayers, ...grid }) =>
    denseNetwork({
      ...size,
      hiddenFeatures,
      hiddenLayers,
      activation: relu(),
      // Glorot and Bengio 2010 without biases, as in tiny-cuda-nn: section 4.
      weightInitialiser: { kind: 'xavier-uniform' },
      biasInitialiser: null,
      encoding: hashGrid(grid),
    }),
});
