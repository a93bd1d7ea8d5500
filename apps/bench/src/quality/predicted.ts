/** @file How many steps a trial takes, and how long a run takes. */
import { expectedTrials, type Plan } from './plan.ts';
import { type StepTime, secondsAfter } from './step-time.ts';
import { caseKey, type TimedCase, timedCaseOf, timedCasesOf } from './timed-case.ts';
import type { Trial } from './trial.ts';

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

/**
 * The predicted seconds of a plan's trials on a quiet machine; `undefined` where the steps of a method were not timed
 * and its budget is not in seconds.
 */
export const predictedSeconds = (
  plan: Plan,
  { evaluations, times }: { readonly evaluations: number; readonly times: readonly StepTime[] },
): number | undefined => {
  const byCase = new Map(times.map(time => [caseKey(time.case), time]));
  let sum = 0;
  for (const { trial, count } of expectedTrials(plan)) {
    const time = byCase.get(caseKey(timedCaseOf(trial)));
    const { budget } = trial;
    if (time === undefined && 'steps' in budget) return undefined;
    const training = 'seconds' in budget ? budget.seconds : time ? secondsAfter(time, budget.steps) : 0;
    sum += count * (OVERHEAD.start + evaluations * OVERHEAD.evaluation + training);
  }
  return sum;
};
