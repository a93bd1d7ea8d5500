/** @file The plots of the page. A group of methods has the same colour in all of them. */
import { decades, drawPlot, seriesColour } from '@neural-fields/report';
import { axisX, axisY, dot, gridY, line, ruleY } from '@observablehq/plot';
import { secondsAfter } from './step-time.ts';
import type { Summary } from './summaries.ts';
import { formatRate } from './trial.ts';

/** Groups in the order of their colours. */
export type Colours = readonly string[];

/** The colour of a group on the page. */
export const colourOf = (group: string, colours: Colours): string => seriesColour(colours.indexOf(group));

/** No limit: otherwise d3 omits tick labels when it finds them too many. */
const ALL = Number.POSITIVE_INFINITY;

interface Point {
  readonly line: string;
  readonly group: string;
  readonly x: number;
  readonly y: number;
}

const frame = (points: readonly Point[], { label, colours }: { readonly label: string; readonly colours: Colours }) => [
  gridY({ stroke: 'currentColor', strokeOpacity: 0.12 }),
  axisX({ label, tickSize: 0, labelAnchor: 'right' }),
  axisY({ label: 'dB at the samples', tickSize: 0 }),
  line(points, {
    ...{ x: 'x', y: 'y', z: 'line', strokeWidth: 2 },
    stroke: ({ group }: Point) => colourOf(group, colours),
  }),
];

/** Quality at the samples over seconds of training, or over steps: a line for each seed. */
export const curvePlot = (
  chosen: readonly Summary[],
  { over, colours }: { readonly over: 'seconds' | 'step'; readonly colours: Colours },
): string => {
  const points = chosen.flatMap(({ name, group, time, results }) =>
    results.flatMap(({ trial, curve }) => {
      if (over === 'seconds' && time === undefined) return [];
      return curve
        .filter(({ psnr }) => Number.isFinite(psnr))
        .map(({ step, psnr }) => {
          const x = over === 'seconds' && time ? secondsAfter(time, step) : step;
          return { line: `${name} ${trial.seed}`, group, x, y: psnr };
        });
    }),
  );
  return drawPlot({
    x: over === 'seconds' ? {} : { type: 'log' },
    marks: frame(points, { label: over === 'seconds' ? 'seconds of training' : 'steps', colours }),
  });
};

/** Final quality over the learning rate: solid at the samples, dashed between them; a rule for the interpolation. */
export const sweepPlot = (
  all: readonly Summary[],
  { interpolation, colours }: { readonly interpolation: number; readonly colours: Colours },
): string => {
  const swept = all
    .filter(({ group }) => all.filter(each => each.group === group).length > 1)
    .sort((one, other) => one.method.rate - other.method.rate);
  const pointsOf = (pick: (each: Summary) => number): Point[] =>
    swept
      .filter(each => Number.isFinite(pick(each)))
      .map(each => ({ line: each.group, group: each.group, x: each.method.rate, y: pick(each) }));
  const [at, between] = [pointsOf(({ psnr }) => psnr.mean), pointsOf(each => each.between.mean)];
  const rates = [...new Set(swept.map(({ method }) => method.rate))].sort((a, b) => a - b);
  const powers = decades(rates[0] ?? 1, rates.at(-1) ?? 1);
  const stroke = ({ group }: Point): string => colourOf(group, colours);
  const shared = { x: 'x', y: 'y', z: 'line', stroke } as const;
  return drawPlot({
    x: { type: 'log' },
    marks: [
      gridY({ stroke: 'currentColor', strokeOpacity: 0.12 }),
      axisX(rates.length > 0 ? rates : powers, {
        ...{ label: 'rate', ticks: ALL, tickSize: 0, labelAnchor: 'right' },
        tickFormat: formatRate,
      }),
      axisY({ label: 'dB', tickSize: 0 }),
      ruleY([interpolation], { stroke: 'currentColor', strokeDasharray: '1 3' }),
      line(at, { ...shared, strokeWidth: 2 }),
      dot(at, { x: 'x', y: 'y', r: 3, fill: stroke }),
      line(between, { ...shared, strokeWidth: 1.5, strokeDasharray: '5 3' }),
    ],
  });
};
