/** @file The run at a glance: a row for each signal, a column for each method at its best rate. */
import type { FigureTable } from '@neural-fields/report';
import { SUFFICIENT } from './best-rate.ts';
import type { QualityResults } from './results.ts';
import { bestOfGroups, type Summary } from './summaries.ts';
import { casesOf } from './tables.ts';

/** The seconds to {@link SUFFICIENT} decibels; `undefined` where not all seeds reached it, or steps were not timed. */
const secondsOf = ({ reached, seeds }: Summary): number | undefined => {
  const found = reached.find(({ threshold, count }) => threshold === SUFFICIENT && count === seeds);
  return found?.seconds?.mean;
};

/** What a table compares, and the title of its last column. */
interface Column {
  readonly best: string;
  pick(each: Summary): number | undefined;
  isBetter(one: number, other: number): boolean;
}

const tableOf = (found: Pick<QualityResults, 'results' | 'times'>, { best, pick, isBetter }: Column): FigureTable => {
  const cases = [...casesOf(found)].map(([title, all]) => [title, bestOfGroups(all)] as const);
  const groups = [...new Set(cases.flatMap(([, all]) => all.map(({ group }) => group)))];
  return {
    header: ['signal', ...groups, best],
    rows: cases.map(([title, all]) => {
      const values = groups.flatMap(group => {
        const value = all.filter(each => each.group === group).map(pick)[0];
        return value !== undefined && Number.isFinite(value) ? [{ group, value, text: value.toFixed(2) }] : [];
      });
      const top = [...values].sort((a, b) => (isBetter(a.value, b.value) ? -1 : 1))[0];
      // Values that look the same in the table share their place.
      const winners = values.filter(({ text }) => text === top?.text).map(({ group }) => group);
      return [
        title,
        ...groups.map(group => values.find(each => each.group === group)?.text ?? '-'),
        winners.length > 1 && winners.length === values.length ? 'all the same' : winners.join('; ') || '-',
      ];
    }),
  };
};

/** The title of {@link fastestTable}. */
export const FASTEST_TITLE: string = `Seconds to ${SUFFICIENT} dB at the samples`;

/** The seconds of each method to {@link SUFFICIENT} decibels with all seeds, and the fastest. */
export const fastestTable = (found: Pick<QualityResults, 'results' | 'times'>): FigureTable =>
  tableOf(found, { best: 'fastest', pick: secondsOf, isBetter: (one, other) => one < other });

/** The title of {@link betweenTable}. */
export const BETWEEN_TITLE = 'Quality between the samples at the end, dB';

/** The quality of each method between the samples when its budget is spent, in decibels, and the best. */
export const betweenTable = (found: Pick<QualityResults, 'results' | 'times'>): FigureTable =>
  tableOf(found, { best: 'best', pick: ({ between }) => between.mean, isBetter: (one, other) => one > other });
