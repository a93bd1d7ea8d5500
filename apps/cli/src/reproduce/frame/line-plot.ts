/** @file The plots of the reports. */
import { drawPlot, seriesColour } from '@neural-fields/report';
import { axisX, axisY, gridY, line, type Markish } from '@observablehq/plot';
import type { LinePlot } from './findings.ts';

/** More points than a plot is wide would only make the page heavy. */
const MOST_POINTS = 600;

interface Row {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

const rowsOf = ({ x, y, lines }: LinePlot): Row[] =>
  lines.flatMap(({ name, x: xs, y: ys }) => {
    const every = Math.max(1, Math.ceil(xs.length / MOST_POINTS));
    return Array.from({ length: xs.length }, (_, i) => ({ x: xs[i] as number, y: ys[i] as number, name }))
      .filter((_, i) => (xs.length - 1 - i) % every === 0)
      .filter(
        row =>
          Number.isFinite(row.x) && Number.isFinite(row.y) && !(x.logarithmic && row.x <= 0) && !(y.logarithmic && row.y <= 0),
      );
  });

/** Draws a plot as SVG text. The names of the lines belong into a legend: see {@link legendHtml}. */
export const drawLinePlot = (options: LinePlot): string => {
  const rows = rowsOf(options);
  const names = options.lines.map(({ name }) => name);
  const scale = (logarithmic = false): { readonly type: 'log' | 'linear'; readonly nice: boolean } =>
    logarithmic ? { type: 'log', nice: false } : { type: 'linear', nice: true };
  const marks: Markish[] = [
    gridY({ stroke: 'currentColor', strokeOpacity: 0.12 }),
    axisX({ label: options.x.label, labelAnchor: 'right', tickSize: 0, ticks: 5 }),
    axisY({ label: options.y.label, tickSize: 0, ticks: 5 }),
    line(rows, { x: 'x', y: 'y', stroke: 'name', z: 'name', strokeWidth: 1.8 }),
  ];
  return drawPlot({
    marginLeft: 56,
    x: scale(options.x.logarithmic),
    y: scale(options.y.logarithmic),
    color: { domain: names, range: names.map((_, index) => seriesColour(index)) },
    marks,
  });
};

/** The legend of a plot's lines, in markup that needs the rules of {@link legendCss}. */
export const legendHtml = (names: readonly string[], escapeText: (text: string) => string): string =>
  `<span class="legend">${names
    .map((name, index) => `<span><i style="background:${seriesColour(index)}"></i>${escapeText(name)}</span>`)
    .join(' ')}</span>`;

/** The rules of legends. */
export const legendCss = `
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; }
.legend span { white-space: nowrap; }
.legend i { display: inline-block; width: 1.1em; height: .25em; margin-right: .4em; vertical-align: middle; border-radius: 2px; }
`;
