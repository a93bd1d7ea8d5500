/** @file The tables of the page and of the report. */
import type { FigureTable } from '@neural-fields/report';
import { formatShare, formatTime } from '../speed/describe.ts';
import { type QualityResults, thresholds } from './results.ts';
import { type Spread, type Summary, summaries } from './summaries.ts';
import { describeTimed } from './timed-case.ts';
import { describeNetwork, describeTrial, formatRate } from './trial.ts';

/** `41.25`, or `41.25 ±0.30` of several seeds. */
const formatSpread = ({ mean, half }: Spread, digits: number, seeds: number): string => {
  if (!Number.isFinite(mean)) return 'not finite';
  return `${mean.toFixed(digits)}${seeds > 1 ? ` ±${half.toFixed(digits)}` : ''}`;
};

/** Summaries by signal and network, in order: one table each. */
export const casesOf = (found: Pick<QualityResults, 'results' | 'times'>): ReadonlyMap<string, readonly Summary[]> => {
  const cases = new Map<string, Summary[]>();
  for (const each of summaries(found)) {
    const name = `${each.signal} ${each.size}, ${describeNetwork(each.network)}`;
    cases.set(name, [...(cases.get(name) ?? []), each]);
  }
  return cases;
};

/** Seconds to each quality, and the quality at the end. */
export const timeTable = (all: readonly Summary[]): FigureTable => {
  const isDistance = all.some(({ iou }) => iou !== undefined);
  return {
    header: [
      ...['method', 'at, dB', 'between, dB', ...(isDistance ? ['IoU'] : [])],
      ...thresholds.map(threshold => `s to ${threshold} dB`),
      ...['steps', 'a step', 'seconds', 'wall'],
    ],
    rows: all.map(each => [
      `${each.name}${each.diverged > 0 ? ` (${each.diverged} of ${each.seeds} diverged)` : ''}`,
      formatSpread(each.psnr, 2, each.seeds),
      formatSpread(each.between, 2, each.seeds),
      ...(isDistance ? [each.iou ? formatSpread(each.iou, 4, each.seeds) : '-'] : []),
      ...thresholds.map(threshold => {
        const found = each.reached.find(one => one.threshold === threshold);
        if (found === undefined) return '-';
        const share = found.count < each.seeds ? ` (${found.count} of ${each.seeds})` : '';
        return `${found.seconds ? formatSpread(found.seconds, 2, found.count) : 'not timed'}${share}`;
      }),
      each.steps.mean.toFixed(0),
      each.time ? formatTime(each.time.step.median) : '-',
      each.seconds?.toFixed(1) ?? '-',
      each.wall.mean.toFixed(1),
    ]),
  };
};

/** How the time of a step was measured, and how far the rounds differ. */
export const stepTimeTable = (all: readonly Summary[]): FigureTable => {
  const times = new Map(all.flatMap(({ time }) => (time ? [[describeTimed(time.case), time] as const] : [])));
  return {
    header: ['method', 'a step', 'lowest', 'highest', 'first step beyond that', 'choice', 'other programs'],
    rows: [...times].map(([name, { step, first, choice, foreignLoad }]) => [
      name,
      ...[step.median, step.lowest, step.highest, first].map(formatTime),
      Object.entries(choice)
        .map(each => each.join(' '))
        .join(', '),
      formatShare(foreignLoad),
    ]),
  };
};

/** Steps to each quality, and the quality between the samples at that moment. */
export const stepTable = (all: readonly Summary[]): FigureTable => ({
  header: ['method', ...thresholds.flatMap(threshold => [`steps to ${threshold}`, 'between'])],
  rows: all
    .filter(({ reached }) => reached.length > 0)
    .map(each => [
      each.name,
      ...thresholds.flatMap(threshold => {
        const found = each.reached.find(one => one.threshold === threshold);
        return found === undefined ? ['-', '-'] : [found.step.mean.toFixed(0), found.between.mean.toFixed(2)];
      }),
    ]),
});

/** Final quality over the learning rate, a row for each group of methods that differ in nothing else. */
export const sweepTable = (all: readonly Summary[]): FigureTable => {
  const rates = [...new Set(all.map(({ method }) => method.rate))].sort((a, b) => a - b);
  const groups = [...new Set(all.map(({ group }) => group))];
  const swept = groups.filter(group => all.filter(each => each.group === group).length > 1);
  return {
    header: ['at / between, dB', ...rates.map(formatRate)],
    rows: swept.map(group => [
      group,
      ...rates.map(rate => {
        const found = all.find(each => each.group === group && each.method.rate === rate);
        return found === undefined ? '' : `${found.psnr.mean.toFixed(2)} / ${found.between.mean.toFixed(2)}`;
      }),
    ]),
  };
};

/** The peers and trials without a result, and why. */
export const absentRows = ({
  peers,
  failures,
  timeFailures,
}: QualityResults): readonly (readonly [what: string, reason: string])[] => [
  ...Object.entries(peers).flatMap(([name, state]) =>
    'unavailable' in state ? [[name, state.unavailable] as const] : [],
  ),
  ...timeFailures.map(each => [`the time of ${each.case.signal}: ${describeTimed(each.case)}`, each.reason] as const),
  ...failures.map(({ trial, reason }) => [describeTrial(trial), reason] as const),
];
