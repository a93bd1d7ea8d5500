/** @file The results of all seeds of a method together. */
import { bestRate } from './best-rate.ts';
import { type QualityResults, type TrialResult, thresholds } from './results.ts';
import { type StepTime, secondsAfter } from './step-time.ts';
import { caseKey, timedCaseOf } from './timed-case.ts';
import { describeGroup, describeMethod, type Method, type Trial } from './trial.ts';

/** A mean, and half the distance between the lowest and the highest value. */
export interface Spread {
  readonly mean: number;
  readonly half: number;
}

/** When the seeds of a method reached a quality. */
export interface ReachedSummary {
  readonly threshold: number;
  /** The number of seeds that did. */
  readonly count: number;
  /** By the measured time of a step; absent where there is none. */
  readonly seconds?: Spread;
  readonly step: Spread;
  readonly between: Spread;
}

/** A method on a signal, over its seeds. */
export interface Summary {
  readonly signal: string;
  readonly size: number;
  readonly network: Trial['network'];
  readonly method: Method;
  /** The method, for tables. */
  readonly name: string;
  /** The method without its rate: a line of a sweep. */
  readonly group: string;
  readonly seeds: number;
  readonly diverged: number;
  readonly steps: Spread;
  /** The time of its steps; absent where it was not measured. */
  readonly time?: StepTime;
  /** The seconds of all steps, by that time. */
  readonly seconds?: number;
  readonly wall: Spread;
  readonly psnr: Spread;
  readonly between: Spread;
  /** Of signed distances. */
  readonly iou?: Spread;
  /** The qualities that at least one seed reached. */
  readonly reached: readonly ReachedSummary[];
  readonly results: readonly TrialResult[];
}

/** The mean and the spread of at least one value. */
export const spreadOf = (values: readonly number[]): Spread => ({
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  half: (Math.max(...values) - Math.min(...values)) / 2,
});

const summarise = (results: readonly TrialResult[], times: ReadonlyMap<string, StepTime>): Summary => {
  const { signal, size, network, method } = (results[0] as TrialResult).trial;
  const time = times.get(caseKey(timedCaseOf({ signal, size, network, method })));
  const reached = thresholds.flatMap(threshold => {
    const found = results.flatMap(each => each.reached.find(one => one.threshold === threshold) ?? []);
    if (found.length === 0) return [];
    const of = (pick: (one: (typeof found)[number]) => number): Spread => spreadOf(found.map(pick));
    return [
      {
        ...{ threshold, count: found.length },
        ...(time && { seconds: of(one => secondsAfter(time, one.step)) }),
        step: of(one => one.step),
        between: of(one => one.between),
      },
    ];
  });
  const of = (pick: (one: TrialResult) => number): Spread => spreadOf(results.map(pick));
  const steps = of(one => one.curve.at(-1)?.step ?? 0);
  return {
    ...{ signal, size, network, method, reached, results },
    name: describeMethod(method),
    group: describeGroup(method),
    seeds: results.length,
    diverged: results.filter(one => one.diverged !== undefined).length,
    steps,
    ...(time && { time, seconds: secondsAfter(time, steps.mean) }),
    wall: of(one => one.wall),
    psnr: of(one => one.final.psnr),
    between: of(one => one.final.between),
    ...(results[0]?.final.iou !== undefined && { iou: of(one => one.final.iou ?? Number.NaN) }),
  };
};

/** Summaries in the order of the first results. */
export const summaries = ({ results, times }: Pick<QualityResults, 'results' | 'times'>): readonly Summary[] => {
  const byCase = new Map(times.map(time => [caseKey(time.case), time]));
  const groups = new Map<string, TrialResult[]>();
  for (const result of results) {
    const { seed: _, ...rest } = result.trial;
    const key = JSON.stringify(rest);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map(group => summarise(group, byCase));
};

/** For each group of methods that differ in their rate alone, the one with the best rate, as far as it is known. */
export const bestOfGroups = (all: readonly Summary[]): readonly Summary[] =>
  [...new Set(all.map(({ group }) => group))].map(group => {
    const some = all.filter(each => each.group === group);
    const rate = bestRate(some.flatMap(({ results }) => results));
    return (some.find(({ method }) => method.rate === rate) ?? some[0]) as Summary;
  });
