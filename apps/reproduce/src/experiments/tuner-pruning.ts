/** @file Input frequencies removed from a fitted network, by several criteria, and the small network itself. */
import { createField, type Field, parameterLayout } from '@neural-fields/core';
import { periodicExtensions, tuner } from '@neural-fields/periodic-init';
import {
  besselBound,
  type Criterion,
  magnitude,
  outgoingL1,
  outgoingNorm,
  prune,
  randomScores,
} from '@neural-fields/pruning';
import type { Experiment, Training, TrainingReport } from '../frame/experiment.ts';
import { after, fitFirst, scheduleOptions } from '../shared/pruned-training.ts';
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

/** The talk's networks have 300 input frequencies, and 60 after pruning: 92,100 and 19,380 parameters. */
const KEPT = 60 / 300;

/** The steps before the first removal, and those after the last one, as shares of all. */
const [BEFORE, AFTER] = [0.4, 0.4];
const ROUNDS = 5;

/** The larger of the talk's factors on the sum of the weights; 1e-7 is the smaller. */
const L1_WEIGHT = 1e-5;

/** A network with some of the input frequencies, the first ones. */
const specOf = (size: TunerSize, share: number) =>
  tuner({
    ...networkSize(size),
    inputFrequencies: Math.max(size.inFeatures, Math.round(share * size.hiddenFeatures)),
    maxFrequency: boundAt(size, INPUT_SHARE),
    seed: size.seed,
  });

async function* trainPruned(
  training: Training,
  size: TunerSize,
  { criterion, l1 }: { readonly criterion: Criterion; readonly l1: boolean },
): AsyncGenerator<TrainingReport, Field, undefined> {
  const { steps } = training.options;
  const first = Math.max(1, Math.round(BEFORE * steps));
  const finalSteps = Math.max(1, Math.round(AFTER * steps));
  const stepsPerRound = Math.max(1, Math.floor((steps - first - finalSteps) / (ROUNDS - 1)));
  const field = createField(specOf(size, 1), { seed: size.seed, extensions: periodicExtensions });
  try {
    yield* fitFirst(field, training, { steps: first, more: l1 ? [outgoingL1(field, { weight: L1_WEIGHT })] : [] });
    const schedule = prune(field, training.terms, {
      ...scheduleOptions(training),
      parameters: parameterLayout(specOf(size, KEPT), periodicExtensions).size,
      layers: ['layers.0'],
      criterion,
      rounds: ROUNDS,
      stepsPerRound,
      finalSteps,
    });
    return yield* after(first, schedule);
  } finally {
    field.dispose();
  }
}

const pruned = (name: string, label: string, criterion: (seed: number) => Criterion, l1 = false): TunerVariant => ({
  name,
  label,
  spec: size => specOf(size, 1),
  training: {
    describe: `pruned to ${KEPT} by ${criterion(0).describe()}${l1 ? `, L1 ${L1_WEIGHT}` : ''}`,
    train: (training, size) => trainPruned(training, size, { criterion: criterion(size.seed), l1 }),
  },
});

/** The experiment. */
export const tunerPruning: Experiment<TunerOwn> = tunerExperiment({
  id: 'tuner-pruning',
  title: 'Pruning of input frequencies',
  source: 'a talk of the authors of TUNER: 92,100 to 19,380 parameters; Novello et al. 2025, arXiv:2510.23943 (AIRe)',
  summary:
    'Four fifths of the input frequencies are removed in five rounds of a fit: those whose outgoing weights have the smallest norm, with and without an L1 term before, or by other criteria. Compared with the whole network and with the small one trained from the beginning, all for the same number of steps.',
  variants: [
    pruned('l1', 'pruned by outgoing norm, L1', () => outgoingNorm(), true),
    pruned('outgoing', 'pruned by outgoing norm', () => outgoingNorm()),
    pruned('bessel', 'pruned by Bessel bound', () => besselBound()),
    pruned('magnitude', 'pruned by magnitude', () => magnitude()),
    pruned('random', 'pruned at random', seed => randomScores({ seed })),
    { name: 'scratch', label: 'small from the beginning', spec: size => specOf(size, KEPT) },
    { name: 'whole', label: 'not pruned', spec: size => specOf(size, 1) },
  ],
  learningRate: 2e-3,
  table: sizeTable,
  checks: numbers => {
    const [own, small] = [numbers['outgoing'], numbers['scratch']];
    return [
      ...(own && small
        ? [
            {
              what: 'PSNR of fitted pixels: pruned network ahead of the small one',
              unit: 'dB',
              obtained: own.fitted - small.fitted,
              atLeast: -1,
              because: 'pruning to a fifth should stay within 1 dB of the network that is trained at that size',
            },
          ]
        : []),
      ...leadOver(numbers, { of: 'l1', over: 'outgoing' }),
      ...leadOver(numbers, { of: 'outgoing', over: 'scratch' }),
      ...leadOver(numbers, { of: 'outgoing', over: 'magnitude' }),
      ...leadOver(numbers, { of: 'outgoing', over: 'random' }),
    ];
  },
});
