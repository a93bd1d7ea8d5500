/** @file Input frequencies exchanged during a fit, compared with the network that this ends with, trained directly. */
import { createField, type Field, fit } from '@neural-fields/core';
import { DEFAULT_PERIOD, periodicExtensions, tuner } from '@neural-fields/periodic-init';
import { addPrune, doubledFrequencies, inputFrequencies } from '@neural-fields/pruning';
import type { Experiment, Training, TrainingReport } from '../frame/experiment.ts';
import { after, scheduleOptions } from '../shared/pruned-training.ts';
import { sizeTable } from '../shared/size-and-time.ts';
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

const ROUNDS = 4;

/** The share of the input frequencies that a round replaces. */
const EXCHANGED = 1 / 8;

/** The steps after the last exchange, as a share of all. */
const AFTER = 0.4;

/** Radians per unit of a frequency in multiples of 1 / period. */
const ANGULAR = (2 * Math.PI) / DEFAULT_PERIOD;

/** Half as many input frequencies as hidden neurons. */
const specOf: TunerVariant['spec'] = size =>
  tuner({
    ...networkSize(size),
    inputFrequencies: Math.max(size.inFeatures, Math.floor(size.hiddenFeatures / 2)),
    maxFrequency: boundAt(size, INPUT_SHARE),
    seed: size.seed,
  });

async function* trainExchanging(training: Training, size: TunerSize): AsyncGenerator<TrainingReport, Field, undefined> {
  const { steps } = training.options;
  const finalSteps = Math.max(1, Math.round(AFTER * steps));
  const field = createField(specOf(size), { seed: size.seed, extensions: periodicExtensions });
  const inputs = Math.max(size.inFeatures, Math.floor(size.hiddenFeatures / 2));
  const maxFrequency = boundAt(size, 2 * INPUT_SHARE) * ANGULAR;
  try {
    const schedule = addPrune(field, training.terms, {
      ...scheduleOptions(training),
      exchange: Math.max(1, Math.round(EXCHANGED * inputs)),
      propose: (now, count) => doubledFrequencies(now, { count, maxFrequency }),
      proposal: 'doubled',
      rounds: ROUNDS,
      stepsPerRound: Math.max(1, Math.floor((steps - finalSteps) / ROUNDS)),
      finalSteps,
    });
    return yield* after(0, schedule);
  } finally {
    field.dispose();
  }
}

/** Finds the frequencies of the exchange first, and then trains a new network with them; reports only the latter. */
async function* trainFinal(training: Training, size: TunerSize): AsyncGenerator<TrainingReport, Field, undefined> {
  const exchange = trainExchanging(training, size);
  let found: Field | undefined;
  while (found === undefined) {
    const next = await exchange.next();
    if (next.done) found = next.value;
  }
  const { frequencies } = await inputFrequencies(found);
  found.dispose();
  const spec = tuner({
    ...networkSize(size),
    frequencies: frequencies.map(frequency => frequency.map(component => Math.round(component / ANGULAR))),
  });
  const field = createField(spec, { seed: size.seed, extensions: periodicExtensions });
  const { terms, options, signal } = training;
  for await (const { step, loss } of fit(field, terms, { ...options, signal })) yield { step, loss };
  return field;
}

/** The experiment. */
export const tunerAddPrune: Experiment<TunerOwn> = tunerExperiment({
  id: 'tuner-add-prune',
  title: 'Exchange of input frequencies',
  source: 'a talk of the authors of TUNER: 29.55 dB, and 30.18 dB for the final architecture trained directly',
  summary:
    'In four rounds of a fit an eighth of the input frequencies, those that matter least, are replaced by twice those that matter most. Compared with a network that has the final frequencies from the beginning, and with the first ones throughout.',
  variants: [
    {
      name: 'exchanged',
      label: 'frequencies exchanged',
      spec: specOf,
      training: { describe: `${ROUNDS} exchanges of ${EXCHANGED}, ${AFTER} after`, train: trainExchanging },
    },
    {
      name: 'final',
      label: 'final ones from the beginning',
      spec: specOf,
      training: { describe: `final ones of ${ROUNDS} exchanges of ${EXCHANGED}, ${AFTER} after`, train: trainFinal },
    },
    { name: 'first', label: 'first ones throughout', spec: specOf },
  ],
  learningRate: 2e-3,
  table: sizeTable,
  checks: numbers => [
    ...leadOver(numbers, { of: 'exchanged', over: 'final', published: 29.55 - 30.18 }),
    ...leadOver(numbers, { of: 'exchanged', over: 'first' }),
    ...leadOver(numbers, { of: 'final', over: 'first' }),
  ],
});
