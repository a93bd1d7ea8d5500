/** @file The tables of the page, and of the terminal. */
import { formatCount } from '@neural-fields/app-kit';
import type { FigureTable } from '@neural-fields/report';
import { formatRate } from '../quality/trial.ts';
import { formatTime } from '../speed/describe.ts';
import type { NetworkResults } from './results.ts';
import { secondsOfSteps } from './seconds.ts';
import { type NetworkSummary, type TaskSummary, taskSummaries } from './summaries.ts';
import type { FigureDefinition } from './tasks/task.ts';
import { formatFactor } from './trial.ts';

/** `31.2`, or `0.987` without a unit. */
const formatFigure = (value: number, { unit }: FigureDefinition): string => value.toFixed(unit === 'dB' ? 1 : 3);

/** `31.2 ±0.3`; `diverged` where all seeds did. */
const formatSpread = ({ figures, seeds, diverged }: NetworkSummary, figure: FigureDefinition): string => {
  if (diverged === seeds) return 'diverged';
  const spread = figures[figure.name];
  if (spread === undefined || Number.isNaN(spread.mean)) return '-';
  const half = seeds - diverged > 1 ? ` ±${formatFigure(spread.half, figure)}` : '';
  return `${formatFigure(spread.mean, figure)}${half}${diverged > 0 ? ` (${diverged} of ${seeds} diverged)` : ''}`;
};

/** The figure of a network that decides, for captions. */
export const formatFirst = (network: NetworkSummary, { task }: TaskSummary): string => {
  const [figure] = task.figures;
  return `${formatSpread(network, figure)}${figure.unit === '' ? '' : ` ${figure.unit}`}`;
};

const titleOf = ({ title, unit }: FigureDefinition): string => (unit === '' ? title : `${title}, ${unit}`);

const formatMaybe = (value: number | undefined, figure: FigureDefinition): string =>
  value === undefined ? '' : formatFigure(value, figure);

/** The networks that occur, in order. */
const networksOf = (tasks: readonly TaskSummary[]): readonly string[] => [
  ...new Set(tasks.flatMap(({ networks }) => networks.map(({ network }) => network))),
];

/** The names of the networks whose figure is, as it is shown, the best of a task. */
const winnersOf = ({ networks }: TaskSummary, figure: FigureDefinition): ReadonlySet<string> => {
  const values = networks.flatMap(({ network, figures }) => {
    const mean = figures[figure.name]?.mean;
    return mean === undefined || Number.isNaN(mean) ? [] : [{ network, mean }];
  });
  const most = Math.max(...values.map(({ mean }) => mean));
  return new Set(
    values
      .filter(({ mean }) => formatFigure(mean, figure) === formatFigure(most, figure))
      .map(({ network }) => network),
  );
};

/** Marks the best of a column. */
const BEST = '★ ';

/**
 * A row for each network and a column for each task: one of the figures of each, with its spread. The best is marked.
 *
 * @param place of the figure among those of a task
 */
const figureOverview = (tasks: readonly TaskSummary[], place: number): FigureTable => {
  const columns = tasks.flatMap(summary => {
    const figure = summary.task.figures[place];
    return figure === undefined ? [] : [{ summary, figure, winners: winnersOf(summary, figure) }];
  });
  return {
    header: ['', ...columns.map(({ summary, figure }) => `${summary.task.name}: ${titleOf(figure)}`)],
    rows: [
      ...networksOf(tasks).map(network => [
        network,
        ...columns.map(({ summary, figure, winners }) => {
          const found = summary.networks.find(each => each.network === network);
          return found === undefined ? '' : `${winners.has(network) ? BEST : ''}${formatSpread(found, figure)}`;
        }),
      ]),
      [
        'without a network',
        ...columns.map(({ summary, figure }) => formatMaybe(summary.facts.baseline.figures[figure.name], figure)),
      ],
    ],
  };
};

/** The figures that decide, of all networks on all tasks. */
export const overviewTable = (tasks: readonly TaskSummary[]): FigureTable => figureOverview(tasks, 0);

/** The second figures: how well a network learned what it was shown. */
export const fittedTable = (tasks: readonly TaskSummary[]): FigureTable => figureOverview(tasks, 1);

/** All figures of a task, sizes, settings and times. */
export const taskTable = (summary: TaskSummary): FigureTable => {
  const { task, facts, networks } = summary;
  return {
    header: ['', ...task.figures.map(titleOf), 'rate', 'frequencies', 'parameters', 'steps', 'a step', 'seconds'],
    rows: [
      ...networks.map(network => [
        network.network,
        ...task.figures.map(
          figure => `${winnersOf(summary, figure).has(network.network) ? BEST : ''}${formatSpread(network, figure)}`,
        ),
        formatRate(Number(network.trial.rate.toPrecision(2))),
        `x ${formatFactor(network.trial.frequency)}`,
        formatCount(network.parameters),
        formatCount(network.steps),
        network.time ? formatTime(network.time.step.median) : '-',
        network.time ? secondsOfSteps(network.time, network.steps).toFixed(2) : '-',
      ]),
      [
        facts.baseline.title,
        ...task.figures.map(figure => formatMaybe(facts.baseline.figures[figure.name], figure)),
        ...['', '', '', '', '', ''],
      ],
    ],
  };
};

/** The first seed's figure that decides, over one setting, the other at the value that a sweep had. */
const sweepTable = (
  { task, networks }: TaskSummary,
  {
    name,
    valuesOf,
    format,
  }: {
    readonly name: string;
    valuesOf(network: NetworkSummary): readonly (readonly [value: number, figure: number | undefined])[];
    format(value: number): string;
  },
): FigureTable => {
  const [figure] = task.figures;
  const found = networks.map(network => ({ network: network.network, values: new Map(valuesOf(network)) }));
  const values = [...new Set(found.flatMap(each => [...each.values.keys()]))].sort((a, b) => a - b);
  return {
    header: [name, ...values.map(format)],
    rows: found
      .filter(each => each.values.size > 1)
      .map(each => [
        each.network,
        ...values.map(value =>
          each.values.has(value) ? formatMaybe(each.values.get(value), figure) || 'diverged' : '',
        ),
      ]),
  };
};

/** The rates that were tried at a network's best frequencies, with the first seed. */
export const rateTable = (summary: TaskSummary): FigureTable =>
  sweepTable(summary, {
    name: 'rate',
    format: value => formatRate(Number(value.toPrecision(2))),
    valuesOf: ({ all, trial }) => sweptRates(all, trial, summary.task.figures[0].name),
  });

/** Rates and figures of the first seed at the frequencies of a trial, by rate. */
export const sweptRates = (
  all: NetworkSummary['all'],
  trial: NetworkSummary['trial'],
  figure: string,
): readonly (readonly [rate: number, figure: number | undefined])[] =>
  all
    .filter(each => each.trial.seed === trial.seed && each.trial.frequency === trial.frequency)
    .map(each => [each.trial.rate, each.figures[figure]] as const)
    .sort(([a], [b]) => a - b);

/** The frequencies that were tried at one rate, with the first seed. */
export const frequencyTable = (summary: TaskSummary): FigureTable =>
  sweepTable(summary, {
    name: 'frequencies',
    format: value => `x ${formatFactor(value)}`,
    valuesOf: ({ all, trial }) => {
      const ofSeed = all.filter(each => each.trial.seed === trial.seed);
      const rateOf = (frequency: number): readonly number[] =>
        ofSeed.filter(each => each.trial.frequency === frequency).map(each => each.trial.rate);
      // The sweep's rate is the one that occurs at all frequencies.
      const frequencies = [...new Set(ofSeed.map(each => each.trial.frequency))];
      const rate = rateOf(trial.frequency).find(each => frequencies.every(other => rateOf(other).includes(each)));
      return ofSeed
        .filter(each => each.trial.rate === rate)
        .map(each => [each.trial.frequency, each.figures[summary.task.figures[0].name]] as const);
    },
  });

/** The overview as Markdown, for the terminal. */
export const overviewLines = (found: NetworkResults): readonly string[] => {
  const tasks = taskSummaries(found);
  if (tasks.length === 0) return ['nothing was measured'];
  const { header, rows } = overviewTable(tasks);
  const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [lineOf(header), lineOf(header.map(() => '---')), ...rows.map(lineOf)];
};
