/** @file The plots of the page. A network has the same colour and dash in all of them. */
import { decades, drawPlot, seriesColour } from '@neural-fields/report';
import { axisX, axisY, dot, gridY, line, type Markish, ruleY } from '@observablehq/plot';
import { formatRate } from '../quality/trial.ts';
import { secondsOfSteps } from './seconds.ts';
import type { NetworkSummary, TaskSummary } from './summaries.ts';
import { sweptRates } from './tables.ts';

/** How many colours there are: lines beyond them are dashed. */
const COLOURS = 8;
/** More lines than this could not be told apart. */
export const MAX_LINES: number = 2 * COLOURS;

/** The networks of a run in the order of their colours. */
export type LineStyles = readonly string[];

/** The colour and the dash of a network's lines. */
export const lineStyle = (
  network: string,
  styles: LineStyles,
): { readonly colour: string; readonly dash: string | undefined } => {
  const index = styles.indexOf(network);
  return { colour: seriesColour(index % COLOURS), dash: index < COLOURS ? undefined : '5 3' };
};

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Series {
  readonly network: string;
  readonly points: readonly Point[];
}

/** No limit: otherwise d3 omits tick labels when it finds them too many. */
const ALL = Number.POSITIVE_INFINITY;

const isFinitePoint = ({ x, y }: Point): boolean => Number.isFinite(x) && Number.isFinite(y);

/** Decibels below the best that plots of quality show. */
const DEPTH = 25;

interface Frame {
  readonly x: { readonly label: string; readonly logarithmic: boolean; readonly ticks?: readonly number[] };
  readonly y: string;
  /** A dotted horizontal line. */
  readonly rule?: number | undefined;
  readonly dots?: boolean;
  readonly extra?: readonly Markish[];
  /** How far below the highest value the plot reaches at most; down to the lowest if absent. */
  readonly depth?: number;
  format?(tick: number): string;
}

const plain = (tick: number): string =>
  tick >= 0.01 && tick < 1e5 ? String(Number(tick.toPrecision(3))) : tick.toExponential(0);

const drawSeries = (all: readonly Series[], styles: LineStyles, frame: Frame): string => {
  const { x, y, rule, dots = false, extra = [], depth = Number.POSITIVE_INFINITY, format = plain } = frame;
  const xs = all.flatMap(({ points }) => points.map(point => point.x));
  const powers = decades(Math.min(...xs), Math.max(...xs));
  const ticks = x.ticks ?? (x.logarithmic && powers.length > 1 ? powers : undefined);
  const ys = all.flatMap(({ points }) => points.map(point => point.y)).concat(rule ?? []);
  const top = Math.max(...ys);
  return drawPlot({
    x: { type: x.logarithmic ? 'log' : 'linear' },
    // What is far below the best would squeeze the others.
    ...(top - Math.min(...ys) > depth && { y: { domain: [top - depth, top], nice: true } }),
    clip: true,
    marks: [
      gridY({ stroke: 'currentColor', strokeOpacity: 0.12 }),
      ticks === undefined
        ? axisX({ label: x.label, tickSize: 0, labelAnchor: 'right', ticks: 5, tickFormat: plain })
        : axisX([...ticks], {
            ...{ label: x.label, tickSize: 0, labelAnchor: 'right', ticks: ALL },
            tickFormat: (tick: number) => format(tick),
          }),
      axisY({ label: y, tickSize: 0 }),
      ...(rule === undefined ? [] : [ruleY([rule], { stroke: 'currentColor', strokeDasharray: '1 3' })]),
      ...extra,
      ...all.flatMap(({ network, points }) => {
        const { colour, dash } = lineStyle(network, styles);
        return [
          line(points, {
            ...{ x: 'x', y: 'y', stroke: colour, strokeWidth: 1.8 },
            ...(dash !== undefined && { strokeDasharray: dash }),
          }),
          ...(dots ? [dot(points, { x: 'x', y: 'y', r: 2.5, fill: colour })] : []),
        ];
      }),
    ],
  });
};

const drawn = ({ networks }: TaskSummary, styles: LineStyles): readonly NetworkSummary[] =>
  networks.filter(({ network }) => styles.includes(network));

/** The mean over the seeds that did not diverge of the figure that decides, at each evaluation. */
const meanCurve = ({ results }: NetworkSummary, figure: string): readonly Point[] => {
  const finished = results.filter(({ diverged }) => diverged === undefined);
  return (finished[0]?.curve ?? []).map(({ step }, i) => {
    const values = finished.map(({ curve }) => curve[i]?.figures[figure] ?? Number.NaN);
    return { x: step, y: values.reduce((sum, value) => sum + value, 0) / values.length };
  });
};

/** The figure that decides over steps, or over seconds: the mean of all seeds. */
export const curvePlot = (summary: TaskSummary, styles: LineStyles, over: 'steps' | 'seconds'): string => {
  const { task, facts } = summary;
  const [figure] = task.figures;
  const series = drawn(summary, styles).flatMap(network => {
    const { time } = network;
    if (over === 'seconds' && time === undefined) return [];
    const points = meanCurve(network, figure.name).map(({ x, y }) => ({
      x: over === 'seconds' && time ? secondsOfSteps(time, x) : x,
      y,
    }));
    return [{ network: network.network, points: points.filter(isFinitePoint) }];
  });
  return drawSeries(series, styles, {
    x: { label: over === 'steps' ? 'steps' : 'seconds of training', logarithmic: over === 'seconds' },
    y: `${figure.title}${figure.unit === '' ? '' : `, ${figure.unit}`}`,
    rule: facts.baseline.figures[figure.name],
    ...(figure.unit === 'dB' && { depth: DEPTH }),
  });
};

/** The figure that decides over the learning rate, at a network's best frequencies, with the first seed. */
export const ratePlot = (summary: TaskSummary, styles: LineStyles): string => {
  const [figure] = summary.task.figures;
  const series = drawn(summary, styles).map(({ network, all, trial }) => ({
    network,
    points: sweptRates(all, trial, figure.name)
      .map(([x, y]) => ({ x, y: y ?? Number.NaN }))
      .filter(isFinitePoint),
  }));
  const rates = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  return drawSeries(series, styles, {
    x: { label: 'learning rate', logarithmic: true, ticks: rates },
    y: `${figure.title}${figure.unit === '' ? '' : `, ${figure.unit}`}`,
    rule: summary.facts.baseline.figures[figure.name],
    ...(figure.unit === 'dB' && { depth: DEPTH }),
    dots: true,
    format: rate => formatRate(Number(rate.toPrecision(1))),
  });
};

/** The energy of the error per octave, with the first seed; the signal itself is the dotted line. */
export const bandPlot = (summary: TaskSummary, styles: LineStyles): string => {
  const pointsOf = (bands: readonly { readonly to: number; readonly decibels: number }[]): Point[] =>
    bands.map(({ to, decibels }) => ({ x: to, y: decibels }));
  const series = drawn(summary, styles).flatMap(({ network, results }) => {
    const bands = results.find(each => each.bands !== undefined)?.bands;
    return bands === undefined ? [] : [{ network, points: pointsOf(bands).filter(isFinitePoint) }];
  });
  const truth = pointsOf(summary.facts.bands ?? []).filter(isFinitePoint);
  return drawSeries(series, styles, {
    x: { label: 'frequency, cycles over [-1, 1]', logarithmic: true, ticks: truth.map(({ x }) => x) },
    y: 'energy, dB of the signal',
    extra: [line(truth, { x: 'x', y: 'y', stroke: 'currentColor', strokeWidth: 1.5, strokeDasharray: '1 3' })],
  });
};
