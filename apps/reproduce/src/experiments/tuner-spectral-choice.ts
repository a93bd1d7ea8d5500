/** @file What a neuron should get: the negative of a frequency that is there already, another frequency, or nothing. */
import { periodicFrequencies, tuner } from '@neural-fields/periodic-init';
import type { Experiment } from '../frame/experiment.ts';
import { boundAt, pairedUpTo } from '../shared/tuner-frequencies.ts';
import { leadOver } from '../shared/tuner-numbers.ts';
import { INPUT_SHARE, networkSize, type TunerOwn, type TunerSize, tunerExperiment } from '../shared/tuner-picture.ts';

/** Half as many frequencies as there are hidden neurons. */
const halfUpTo = (size: TunerSize, maxFrequency: number) => {
  const { inFeatures, hiddenFeatures, seed } = size;
  const count = Math.max(inFeatures, Math.floor(hiddenFeatures / 2));
  return periodicFrequencies({ inFeatures, count, maxFrequency, seed });
};

/** The experiment. */
export const tunerSpectralChoice: Experiment<TunerOwn> = tunerExperiment({
  id: 'tuner-spectral-choice',
  title: 'A frequency with its negative, or with another one',
  source: 'Novello et al. 2025, arXiv:2407.21121, and a question of the talk of the authors',
  summary:
    'sin(omega x + phi) and sin(-omega x + psi) span both phases of one frequency. The second neuron of each pair has the negative, another frequency, or is left out.',
  variants: [
    {
      name: 'other',
      label: 'another frequency',
      spec: size => tuner({ ...networkSize(size), maxFrequency: boundAt(size, INPUT_SHARE), seed: size.seed }),
    },
    {
      name: 'negative',
      label: 'its negative',
      spec: size => tuner({ ...networkSize(size), frequencies: pairedUpTo(size, boundAt(size, INPUT_SHARE)) }),
    },
    {
      name: 'half',
      label: 'left out: half as many',
      spec: size => tuner({ ...networkSize(size), frequencies: halfUpTo(size, boundAt(size, INPUT_SHARE)) }),
    },
  ],
  learningRate: 1e-3,
  checks: numbers => [
    ...leadOver(numbers, { of: 'other', over: 'negative' }),
    ...leadOver(numbers, { of: 'negative', over: 'half' }),
  ],
});
