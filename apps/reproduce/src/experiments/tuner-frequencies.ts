/** @file Which input frequencies: how high, each with its negative or not, the picture's own, or trained ones. */
import { tuner } from '@neural-fields/periodic-init';
import type { Experiment } from '../frame/experiment.ts';
import { boundAt, pairedUpTo, spectralUpTo } from '../shared/tuner-frequencies.ts';
import { leadOver } from '../shared/tuner-numbers.ts';
import {
  INPUT_SHARE,
  networkSize,
  type TunerOwn,
  type TunerVariant,
  tunerExperiment,
} from '../shared/tuner-picture.ts';

/** Input frequencies up to a part of the Nyquist frequency. */
const upTo = (name: string, label: string, share: number): TunerVariant => ({
  name,
  label,
  spec: size => tuner({ ...networkSize(size), maxFrequency: boundAt(size, share), seed: size.seed }),
});

/** The experiment. */
export const tunerFrequencies: Experiment<TunerOwn> = tunerExperiment({
  id: 'tuner-frequencies',
  title: 'Input frequencies',
  source:
    'Novello et al. 2025, arXiv:2407.21121, section 3.2; a talk of the authors compares the maximum frequencies 85 and 170 at a Nyquist frequency of 512',
  summary:
    'How high the input frequencies go, and whether each comes with its negative (that is, with a second phase), with another frequency, from the spectrum of the picture, or trained.',
  variants: [
    upTo('sixth', 'up to a sixth of Nyquist', INPUT_SHARE),
    upTo('third', 'up to a third of Nyquist', 2 * INPUT_SHARE),
    {
      name: 'repeated',
      label: 'low ones repeated',
      spec: size =>
        tuner({
          ...networkSize(size),
          maxFrequency: boundAt(size, INPUT_SHARE),
          draw: 'repeated',
          seed: size.seed,
        }),
    },
    {
      name: 'paired',
      label: 'each with its negative',
      spec: size => tuner({ ...networkSize(size), frequencies: pairedUpTo(size, boundAt(size, INPUT_SHARE)) }),
    },
    {
      name: 'spectral',
      label: "from the picture's spectrum",
      spec: size => tuner({ ...networkSize(size), frequencies: spectralUpTo(size, boundAt(size, 2 * INPUT_SHARE)) }),
    },
    {
      name: 'trained',
      label: 'trained',
      spec: size =>
        tuner({
          ...networkSize(size),
          maxFrequency: boundAt(size, INPUT_SHARE),
          trainableFrequencies: true,
          seed: size.seed,
        }),
    },
  ],
  // Of 5e-4, 1e-3 and 2e-3, the rate with the best PSNR at held-out pixels, for each.
  learningRate: 5e-4,
  learningRates: { repeated: 2e-3, paired: 1e-3 },
  checks: numbers => [
    ...leadOver(numbers, { of: 'sixth', over: 'third' }),
    ...leadOver(numbers, { of: 'sixth', over: 'paired' }),
    ...leadOver(numbers, { of: 'sixth', over: 'repeated' }),
    ...leadOver(numbers, { of: 'spectral', over: 'sixth' }),
    ...leadOver(numbers, { of: 'trained', over: 'sixth' }),
  ],
});
