/** @file The description of a run in its checkpoints. */
import { numericalEnvironment } from '../backend/environment.ts';
import type { Model } from '../model.ts';
import { bestDecayOf } from './best-state.ts';
import type { RunFacts } from './checkpoint.ts';
import { type FitOptions, stopRulesOf } from './fit-options.ts';
import type { Optimizer } from './optimizer.ts';
import { describeGroups } from './parameter-groups.ts';
import { constant } from './schedule.ts';
import { isPointTerm, type ObjectiveTerm } from './term.ts';

/** Everything that must be equal for a run to resume. */
export const runIdentity = (
  terms: readonly ObjectiveTerm[],
  optimizer: Optimizer,
  options: FitOptions & { readonly model: Model },
): RunFacts => {
  const { steps, schedule = constant(), seed = 0, clipNorm, averageDecay, groups, adapt, checkpoint, model } = options;
  const bestDecay = bestDecayOf(options.keepBest);
  const until = stopRulesOf(options);
  return {
    optimizer: JSON.stringify({ kind: optimizer.kind, ...optimizer.settings }),
    schedule: schedule.describe(steps),
    seed: String(seed),
    clipNorm: String(clipNorm ?? 'none'),
    averageDecay: String(averageDecay ?? 'none'),
    ...(bestDecay !== undefined && { keepBest: `by a running loss with decay ${bestDecay}` }),
    ...(groups && { groups: describeGroups(groups, steps) }),
    ...(until.length > 0 && { until: JSON.stringify(until.map(rule => rule.describe())) }),
    // The checkpoint's model may already be a changed one.
    ...(adapt && { adapt: adapt.describe(), model: JSON.stringify(model.description) }),
    terms: JSON.stringify(
      terms.map(term => {
        const { name, field, weight, weightSchedule } = term;
        const common = {
          name,
          ...(field !== undefined && { field }),
          weight,
          ...(weightSchedule && { weightSchedule: weightSchedule.describe(steps) }),
        };
        if (!isPointTerm(term)) return { ...common, ...term.settings };
        const { derivatives, points } = term;
        return {
          ...common,
          derivatives,
          points: points.pointsPerStep,
          ...(points.fields !== undefined && { fields: points.fields }),
        };
      }),
    ),
    ...checkpoint?.identity,
  };
};

/**
 * What else the rounding of a run depends on, e.g. the order of sums: a resumed run with other values gives the same
 * result up to rounding.
 */
export const runEnvironment = (chunkSize: number): RunFacts => ({
  ...numericalEnvironment(),
  chunkSize: String(chunkSize),
});
