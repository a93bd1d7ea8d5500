/** @file What a run says of itself in its checkpoints. */
import { numericalEnvironment } from '../backend/environment.ts';
import type { RunFacts } from './checkpoint.ts';
import type { FitOptions } from './fit-options.ts';
import type { Optimizer } from './optimizer.ts';
import { describeGroups } from './parameter-groups.ts';
import type { Schedule } from './schedule.ts';
import type { Term } from './term.ts';

/** What a run and its resumption must agree on. */
export const runIdentity = (
  terms: readonly Term[],
  optimizer: Optimizer,
  schedule: Schedule,
  { steps, seed = 0, clipNorm, averageDecay, groups, checkpoint }: FitOptions,
): RunFacts => ({
  optimizer: JSON.stringify({ kind: optimizer.kind, ...optimizer.settings }),
  schedule: schedule.describe(steps),
  seed: String(seed),
  clipNorm: String(clipNorm ?? 'none'),
  averageDecay: String(averageDecay ?? 'none'),
  ...(groups && { groups: describeGroups(groups, steps) }),
  terms: JSON.stringify(
    terms.map(({ name, weight, weightSchedule, derivatives, points }) => ({
      name,
      weight,
      ...(weightSchedule && { weightSchedule: weightSchedule.describe(steps) }),
      derivatives,
      points: points.pointsPerStep,
    })),
  ),
  ...checkpoint?.identity,
});

/** What the roundings of a run depend on beside that, as the order of sums: a resumption with others is the same run to rounding. */
export const runEnvironment = (chunkSize: number): RunFacts => ({ ...numericalEnvironment(), chunkSize: String(chunkSize) });
