/** @file Input frequencies of a sinusoidal network: low and high ones, uniform ones, and SIREN's. */
import { siren } from '@neural-fields/core';
import { tuner } from '@neural-fields/periodic-init';
import type { Experiment } from '../frame/experiment.ts';
import { boundAt, uniformUpTo } from '../shared/tuner-frequencies.ts';
import { leadOver } from '../shared/tuner-numbers.ts';
import { INPUT_SHARE, networkSize, type TunerOwn, tunerExperiment } from '../shared/tuner-picture.ts';

/** The experiment. */
export const tunerInitialisation: Experiment<TunerOwn> = tunerExperiment({
  id: 'tuner-initialisation',
  title: 'Periodic initialisation',
  source: 'Novello et al. 2025, arXiv:2407.21121, section 3.2; a talk of the authors has 35.52 dB against 33.07 dB',
  summary:
    'Networks of two layers of sines, with input frequencies that are mostly low, uniform up to the same bound, or initialised as in SIREN.',
  variants: [
    {
      name: 'tuner',
      label: 'low and high frequencies',
      spec: size => tuner({ ...networkSize(size), maxFrequency: boundAt(size, INPUT_SHARE), seed: size.seed }),
    },
    {
      name: 'uniform',
      label: 'uniform frequencies',
      spec: size => tuner({ ...networkSize(size), frequencies: uniformUpTo(size, boundAt(size, INPUT_SHARE)) }),
    },
    { name: 'siren', label: 'SIREN', spec: size => siren(networkSize(size)) },
  ],
  // Of 5e-4, 1e-3 and 2e-3, the rate with the best PSNR at held-out pixels, for each.
  learningRate: 5e-4,
  learningRates: { siren: 1e-3 },
  checks: numbers => [
    ...leadOver(numbers, { of: 'tuner', over: 'uniform', published: 35.52 - 33.07 }),
    ...leadOver(numbers, { of: 'tuner', over: 'siren' }),
  ],
});
