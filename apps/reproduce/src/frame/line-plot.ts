/** @file The plots of the reports. */
import { decades, drawPlot, seriesColour } from '@neural-fields/report';
import { axisX, axisY, gridY, line, type Markish } from '@observablehq/plot';
import type { Axis, LinePlot } from './findings.ts';

/** More points than a plot is wide would only make the page larger. */
const MAX_POINTS = 600;

interface Row {
  readonly x: number;
  readonly y: number;
  readonly name: string;
}

const rowsOf = ({ x, y, lines }: LinePlot): Row[] =>
  lines.flatMap(({ name, x: xs, y: ys }) => {
    const every = Math.max(1, Math.ceil(xs.length / MAX_POINTS));
    return Array.from({ length: xs.length }, (_, i) => ({ x: xs[i] as number, y: ys[i] as number, name }))
      .filter((_, i) => (xs.length - 1 - i) % every === 0)
      .filter(
        row =>
          Number.isFinite(row.x) &&
          Number.isFinite(row.y) &&
          !(x.logarithmic && row.x <= 0) &&
          !(y.logarithmic && row.y <= 0),
      );
  });

/** Ticks at powers of ten on a logarithmic axis that contains at least two of them; otherwise Plot's own ticks. */
const ticksOf = (
  { logarithmic }: Axis,
  values: readonly number[],
): { readonly ticks: number | number[]; readonly tickFormat?: (tick: number) => string } => {
  const powers = logarithmic
    ? decades(
        values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
        values.reduce((a, b) => Math.max(a, b), 0),
      )
    : [];
  if (powers.length < 2) return { ticks: 5 };
  const plain = (tick: number): string =>
    tick >= 0.01 && tick < 1e4 ? String(Number(tick.toPrecision(1))) : tick.toExponential(0);
  return { ticks: powers, tickFormat: tick => plain(tick).replace('-', '−') };
};

/** Draws a plot as SVG text. The names of the lines go into a separate legend: see {@link legendHtml}. */
export const drawLinePlot = (options: LinePlot): string => {
  const rows = rowsOf(options);
  const names = options.lines.map(({ name }) => name);
  const scale = (logarithmic = false): { readonly type: 'log' | 'linear'; readonly nice: boolean } =>
    logarithmic ? { type: 'log', nice: false } : { type: 'linear', nice: true };
  const onX = ticksOf(
    options.x,
    rows.map(row => row.x),
  );
  const onY = ticksOf(
    options.y,
    rows.map(row => row.y),
  );
  const marks: Markish[] = [
    gridY({ stroke: 'currentColor', strokeOpacity: 0.12, ticks: onY.ticks }),
    axisX({ label: options.x.label, labelAnchor: 'right', tickSize: 0, ...onX }),
    axisY({ label: options.y.label, tickSize: 0, ...onY }),
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

/** The legend of a plot's lines, as markup that {@link legendCss} styles. */
export const legendHtml = (names: readonly string[], escapeText: (text: string) => string): string =>
  `<span class="legend">${names
    .map((name, index) => `<span><i style="background:${seriesColour(index)}"></i>${escapeText(name)}</span>`)
    .join(' ')}</span>`;

/** The CSS rules of legends. */
export const legendCss = `
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; }
.legend span { white-space: nowrap; }
.legend i { display: inline-block; width: 1.1em; height: .25em; margin-right: .4em; vertical-align: middle; border-radius: 2px; }
`;
