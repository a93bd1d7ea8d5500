/** @file Bounds on the hidden weights that are fixed, learned with the field, or absent. */
import { fit } from '@neural-fields/core';
import { createLearnedBounds, tuner } from '@neural-fields/periodic-init';
import type { Experiment, Training } from '../frame/experiment.ts';
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

/** The authors' bounds, with which the learned ones begin. */
const BOUNDS = { low: 1, high: 0.6 };

/** Trains a field together with its bounds. */
async function* trainBounds({ terms, options, signal }: Training, size: TunerSize) {
  const learned = createLearnedBounds(specOf(size), { ...BOUNDS, seed: size.seed });
  try {
    for await (const { step, loss } of fit(learned.model, [...terms, learned.penalty], { ...options, signal }))
      yield { step, loss };
    return learned.toField();
  } finally {
    learned.dispose();
  }
}

/** The experiment. */
export const tunerLearnedBounds: Experiment<TunerOwn> = tunerExperiment({
  id: 'tuner-learned-bounds',
  title: 'Learned bounds',
  source: 'Novello et al. 2025, arXiv:2407.21121, section 3.3',
  summary:
    'The weights that read an input frequency are bounded by a fixed number, by one that is learned with the field through a tanh, or not at all.',
  variants: [
    {
      name: 'learned',
      label: 'learned bounds',
      spec: specOf,
      training: { describe: `learned bounds from ${BOUNDS.low}, ${BOUNDS.high}`, train: trainBounds },
    },
    { name: 'fixed', label: 'bounds 1 and 0.6', spec: specOf, bounds: BOUNDS },
    { name: 'free', label: 'no bounds', spec: specOf },
  ],
  learningRate: 1e-3,
  checks: numbers => [
    ...leadOver(numbers, { of: 'learned', over: 'fixed' }),
    ...leadOver(numbers, { of: 'learned', over: 'free' }),
  ],
});
