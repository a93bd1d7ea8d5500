/** @file Bounds on the hidden weights: what they take from the spectrum, and what they cost at the pixels. */
import { periodSpectrum } from '@neural-fields/app-kit/render';
import { createField, type Field, siren } from '@neural-fields/core';
import { type AmplitudeSpectrum, radialSpectrum } from '@neural-fields/core/spectra';
import {
  DEFAULT_PERIOD,
  expectedSpectrum,
  periodicExtensions,
  sinusoidalNetwork,
  tuner,
} from '@neural-fields/periodic-init';
import type { Experiment } from '../frame/experiment.ts';
import type { LinePlot, PlotLine } from '../frame/findings.ts';
import { boundAt } from '../shared/tuner-frequencies.ts';
import { leadOver } from '../shared/tuner-numbers.ts';
import {
  INPUT_SHARE,
  networkSize,
  type TunerOwn,
  type TunerSize,
  type TunerVariant,
  tunerExperiment,
} from '../shared/tuner-picture.ts';

const specOf: TunerVariant['spec'] = size =>
  tuner({ ...networkSize(size), maxFrequency: boundAt(size, INPUT_SHARE), seed: size.seed });

/** The largest number of neurons in the prediction. */
const NEURONS = 64;

/** The highest frequency of the prediction, in multiples of 1 / period. */
const MAX_PREDICTED = 200;

const lineOf = (name: string, spectrum: AmplitudeSpectrum): PlotLine => {
  const { frequencies, amplitudes } = radialSpectrum(spectrum);
  return { name, x: frequencies.subarray(1), y: amplitudes.subarray(1) };
};

/** The predicted spectrum beside the measured one, before and after training. */
const predictions = async (
  fields: Readonly<Record<string, Field>>,
  size: TunerSize,
  signal: AbortSignal,
): Promise<readonly LinePlot[]> => {
  const trained = fields['bounded'];
  // A field of more than two layers of sines is no sum of sines.
  if (trained === undefined || size.hiddenLayers !== 1) return [];
  const untrained = createField(specOf(size), { seed: size.seed, extensions: periodicExtensions });
  const maxFrequency = Math.min(MAX_PREDICTED, 2 * size.nyquist);
  const lines: PlotLine[] = [];
  try {
    for (const [name, field] of [
      ['before', untrained],
      ['after', trained],
    ] as const) {
      const network = await sinusoidalNetwork(field);
      const options = { period: DEFAULT_PERIOD, maxFrequency, maxNeurons: NEURONS, signal };
      lines.push(
        lineOf(
          `measured ${name} training`,
          await periodSpectrum(field, { period: DEFAULT_PERIOD, maxFrequency, signal }),
        ),
        lineOf(`predicted ${name} training`, await expectedSpectrum(network, options)),
      );
    }
  } finally {
    untrained.dispose();
  }
  return [
    {
      name: 'predicted',
      title: 'Predicted and measured spectra of the bounded field',
      caption:
        " Over one period. Predicted from the weights: the root mean square over random phases of all terms of the neurons' harmonic expansions.",
      x: { label: 'cycles per unit' },
      y: { label: 'amplitude', logarithmic: true },
      lines,
    },
  ];
};

/** The experiment. */
export const tunerBounds: Experiment<TunerOwn> = tunerExperiment({
  id: 'tuner-bounds',
  title: 'Bounds on the spectrum',
  source: 'Novello et al. 2025, arXiv:2407.21121, section 3.3, table 2',
  summary:
    'The hidden weights of a network of two layers of sines are clamped after every step, which bounds the amplitudes of all frequencies that they generate.',
  variants: [
    { name: 'bounded', label: 'bounds 1 and 0.6', spec: specOf, bounds: { low: 1, high: 0.6 } },
    { name: 'tight', label: 'bounds 0.5 and 0.2', spec: specOf, bounds: { low: 0.5, high: 0.2 } },
    { name: 'free', label: 'no bounds', spec: specOf },
    { name: 'siren', label: 'SIREN', spec: size => siren(networkSize(size)) },
  ],
  // Of 5e-4, 1e-3, 2e-3 and 4e-3, the rate with the best PSNR at held-out pixels, for each.
  learningRate: 1e-3,
  learningRates: { bounded: 2e-3, tight: 4e-3, free: 5e-4 },
  plots: predictions,
  checks: numbers => {
    const [bounded, free] = [numbers['tight'], numbers['free']];
    return [
      ...(bounded && free
        ? [
            {
              what: 'Energy above Nyquist: tight bounds over no bounds',
              unit: 'dB',
              obtained: bounded.above - free.above,
              atMost: 0,
              because: 'the bounds limit the amplitudes of high frequencies',
            },
          ]
        : []),
      ...leadOver(numbers, { of: 'bounded', over: 'free' }),
      ...leadOver(numbers, { of: 'tight', over: 'free' }),
      // The paper's table on held-out pixels of Kodak: TUNER 34.3 dB, SIREN 34.0 dB at the fitted ones.
      ...leadOver(numbers, { of: 'bounded', over: 'siren', published: 34.3 - 34.0 }),
    ];
  },
});
