/** @file How many steps a trial takes, and how long a run takes. */
import { expectedTrials, type Plan } from './plan.ts';
import { type StepTime, secondsAfter } from './step-time.ts';
import { caseKey, type TimedCase, timedCaseOf, timedCasesOf } from './timed-case.ts';
import type { QualityPeer, Trial } from './trial.ts';

/** The number of steps that a budget allows; `undefined` for one in seconds where steps were not timed. */
export const plannedSteps = ({ budget }: Pick<Trial, 'budget'>, time: StepTime | undefined): number | undefined => {
  if ('steps' in budget) return budget.steps;
  return time && Math.max(2, Math.floor((budget.seconds - time.first) / time.step.median));
};

/** Seconds that a trial takes besides its training: the start of the peer, and for each evaluation. */
const OVERHEAD = { start: 3, evaluation: 0.1 } as const;
/** Seconds of a case that is timed: its start, the choice of its way, and its rounds. */
export const TIMING_SECONDS = 9;

/** The cases of a plan whose steps are timed, in order. */
export const timedCases = (plan: Plan): readonly TimedCase[] =>
  timedCasesOf(expectedTrials(plan).map(({ trial }) => trial));

/** About the number of trials of a plan. */
export const countTrials = (plan: Plan): number => expectedTrials(plan).reduce((sum, { count }) => sum + count, 0);

/** The rates of whole steps in GFLOP/s on two cores with AVX-512, for predictions before steps are timed. */
const TYPICAL_RATES: Readonly<Record<QualityPeer, number>> = { native: 280, simd: 80, pytorch: 130 };

/** Seconds per step: three matrix products for each layer, two operations for each point and weight. */
const typicalStep = ({ size, network: { width, layers }, method }: TimedCase): number => {
  const points = method.batch ?? size * size; // sounds and volumes have about as many
  return (6 * points * layers * width ** 2) / (1e9 * TYPICAL_RATES[method.peer]);
};

/** The predicted seconds of a plan's trials on a quiet machine: typical ones where steps were not timed. */
export const predictedSeconds = (
  plan: Plan,
  { evaluations, times }: { readonly evaluations: number; readonly times: readonly StepTime[] },
): number => {
  const byCase = new Map(times.map(time => [caseKey(time.case), time]));
  let sum = 0;
  for (const { trial, count } of expectedTrials(plan)) {
    const time = byCase.get(caseKey(timedCaseOf(trial)));
    const { budget } = trial;
    const inSteps = (steps: number): number =>
      time ? secondsAfter(time, steps) : steps * typicalStep(timedCaseOf(trial));
    const training = 'seconds' in budget ? budget.seconds : inSteps(budget.steps);
    sum += count * (OVERHEAD.start + evaluations * OVERHEAD.evaluation + training);
  }
  return sum;
};
