/** @file How long the fits of a plan take. */
import { expectedNetworkTrials, type NetworksPlan } from './plan.ts';
import type { NetworkStepTime } from './step-times.ts';
import { type NetworkTrial, type TimedNetwork, timedNetworkKey, timedNetworkOf } from './trial.ts';

/** Seconds of a fit besides its steps: its network, its evaluations and its pictures. */
const OVERHEAD = { fit: 0.3, evaluation: 0.05 } as const;
/** Seconds to time the steps of a network on a task. */
export const TIMING_SECONDS = 1.5;
/** Seconds per parameter, point and step by the highest derivative, on two cores with AVX-512. */
const TYPICAL = { value: 6e-11, gradient: 2e-10, laplacian: 3e-10 } as const;
const TYPICAL_PARAMETERS = 200_000;

/** The number of steps that a budget allows; `undefined` for one in seconds where steps were not timed. */
export const plannedSteps = ({ budget }: NetworkTrial, time: NetworkStepTime | undefined): number | undefined => {
  if ('steps' in budget) return budget.steps;
  return time && Math.max(2, Math.floor((budget.seconds - time.first) / time.step.median));
};

/** What a prediction knows. */
export interface PredictionContext {
  readonly evaluations: number;
  timeOf(timed: TimedNetwork): NetworkStepTime | undefined;
  /** The points in a step of a task, and the highest derivative. */
  workOf(task: string): { readonly points: number; readonly derivative: keyof typeof TYPICAL };
}

/** The seconds of a fit on all cores of a quiet machine. */
export const predictedFit = (trial: NetworkTrial, { evaluations, timeOf, workOf }: PredictionContext): number => {
  const time = timeOf(timedNetworkOf(trial));
  const { points, derivative } = workOf(trial.task);
  const typical = TYPICAL[derivative] * points * (trial.parameters ?? TYPICAL_PARAMETERS);
  const training =
    'seconds' in trial.budget
      ? trial.budget.seconds
      : trial.budget.steps * (time?.step.median ?? typical) + (time?.first ?? 0);
  return OVERHEAD.fit + evaluations * OVERHEAD.evaluation + training;
};

/** The seconds of all fits of a plan, one after the other on all cores of a quiet machine. */
export const predictedRun = (plan: NetworksPlan, context: PredictionContext): number =>
  expectedNetworkTrials(plan).reduce((sum, { trial, count }) => sum + count * predictedFit(trial, context), 0);

/** About the number of fits of a plan. */
export const countNetworkTrials = (plan: NetworksPlan): number =>
  expectedNetworkTrials(plan).reduce((sum, { count }) => sum + count, 0);

/** The networks whose steps are timed, each once for a task. */
export const timedNetworksOf = (plan: NetworksPlan): readonly TimedNetwork[] => [
  ...new Map(
    expectedNetworkTrials(plan).map(({ trial }) => [timedNetworkKey(timedNetworkOf(trial)), timedNetworkOf(trial)]),
  ).values(),
];
