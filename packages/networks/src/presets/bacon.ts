import { denseLayer, networkOfLayers } from '../dense.ts';
import type { BandLimitedSineSpec } from '../layers/band-limited-sine.ts';
import type { FilterOutput, MultiplicativeFiltersSpec } from '../layers/multiplicative-filters.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { type ChoiceOption, hiddenSize, integer, type Sized } from '../preset-options.ts';

/**
 * The share of the band limit of each filter: 1/8 for the first two and equal parts of the rest for the others, which
 * is 1/8, 1/8, 1/4, 1/4, 1/4 for the authors' five filters.
 */
const shareOf = (index: number, count: number): number =>
  count <= 2 ? 1 / count : index < 2 ? 1 / 8 : 3 / 4 / (count - 2);

/**
 * The highest frequency of the field after each filter, in cycles over [-1, 1]: each filter adds its own limit.
 *
 * @param bandLimit of the whole network
 * @param count the number of filters
 */
export const baconLimits = (bandLimit: number, count: number): readonly number[] => {
  let total = 0;
  return Array.from({ length: count }, (_, index) => {
    total += shareOf(index, count);
    return Math.round(bandLimit * total);
  });
};

const xavier = { kind: 'siren-hidden', omega: 1 } as const;

/** A multiplicative filter network of sines with integer frequencies: its spectrum is zero above a limit. */
export const baconPreset: NetworkPreset<Sized<'bandLimit'> & { readonly scales: ChoiceOption<'last' | 'all'> }> =
  definePreset({
    name: 'bacon',
    title: 'BACON',
    reference: 'Lindell et al. 2022, arXiv:2112.04645, section 3.1 and equation 4; sizes of its code for images',
    options: {
      ...hiddenSize(256, 4),
      bandLimit: integer(128, 'highest frequency, in cycles over [-1, 1]: half the number of samples of a side'),
      scales: {
        kind: 'choice',
        default: 'last',
        choices: ['last', 'all'],
        description: 'outputs: of the last layer, or also after filters 1 and 2, at lower band limits',
      },
    },
    training: { learningRate: 5e-3, steps: 5000, batch: 'full', valueRange: [-1, 1] },
    differences: [
      'the limits after the filters are rounded, instead of those of each filter, so that the last one is bandLimit',
      "one output by default, where the authors' images have three, each with its own loss",
    ],
    build: (size, { hiddenFeatures, hiddenLayers, bandLimit, scales }) => {
      const limits = baconLimits(bandLimit, hiddenLayers + 1);
      const filters = limits.map(
        (limit, index): BandLimitedSineSpec => ({
          kind: 'band-limited-sine',
          outFeatures: hiddenFeatures,
          limit: limit - (limits[index - 1] ?? 0),
        }),
      );
      const after =
        scales === 'all' ? [...new Set([1, 2, hiddenLayers])].filter(i => i <= hiddenLayers) : [hiddenLayers];
      const network: MultiplicativeFiltersSpec = {
        kind: 'multiplicative-filters',
        filters,
        // U(+-sqrt(6 / n)), section 3.2
        linear: denseLayer(hiddenFeatures, { kind: 'identity' }, xavier),
        outputs: after.map(
          (index): FilterOutput => ({
            after: index,
            layer: denseLayer(size.outFeatures, { kind: 'identity' }, xavier),
          }),
        ),
      };
      return networkOfLayers(size, [network]);
    },
  });
