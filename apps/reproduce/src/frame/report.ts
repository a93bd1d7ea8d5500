/** @file The report: one self-contained HTML file on one or more experiments. */

import { formatCount, formatSeconds, plural } from '@neural-fields/app-kit';
import {
  escapeHtml,
  figureTable,
  makePage,
  pictureFigure,
  plotFigure,
  propertyTable,
  section,
} from '@neural-fields/report';
import { checkCells, reasonsOf, tableCells } from './cells.ts';
import { type LinePlot, type PictureGroup, type Table, verdictOf } from './findings.ts';
import { drawLinePlot, legendCss, legendHtml } from './line-plot.ts';
import type { ExperimentResult } from './result.ts';

/** A result with its pictures as PNG bytes, by name. */
export interface ReportedResult {
  readonly result: ExperimentResult;
  readonly pictures: Readonly<Record<string, Uint8Array>>;
}

const css = `${legendCss}
article + article { margin-top: 4rem; border-top: 1px solid var(--rule); padding-top: 1rem; }
article h3 { margin: 2rem 0 .25rem; }
.missed { color: var(--second); font-weight: 600; }
`;

/** Text from the experiments as HTML; names in backticks become code. */
const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const paragraph = (text: string): string => `<p>${prose(text)}</p>`;

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map(item => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;

const tableHtml = (table: Table): string =>
  `<h3>${escapeHtml(table.title)}</h3>${table.caption === undefined ? '' : paragraph(table.caption)}${figureTable(tableCells(table))}`;

const picturesHtml = (
  { title, text, pictures, pixelated }: PictureGroup,
  bytes: ReportedResult['pictures'],
): string => {
  // Four in a row, rather than three and a single one below.
  const columns = pictures.length <= 2 ? 'two' : pictures.length % 4 === 0 ? 'four' : 'three';
  const figures = pictures.map(({ name, title: heading, caption = '' }) =>
    pictureFigure(bytes[name] as Uint8Array, { title: heading, captionHtml: escapeHtml(caption) }),
  );
  return `<h3>${escapeHtml(title)}</h3>${text === undefined ? '' : paragraph(text)}
<div class="figures ${columns}${pixelated ? ' pixels' : ''}">${figures.join('\n')}</div>`;
};

const plotHtml = (plot: LinePlot): string => {
  const legend =
    plot.lines.length > 1
      ? legendHtml(
          plot.lines.map(({ name }) => name),
          escapeHtml,
        )
      : '';
  return plotFigure(drawLinePlot(plot), {
    title: plot.title,
    captionHtml: `${legend}${escapeHtml(plot.caption ?? '')}`,
  });
};

/** The plot of the losses, which every experiment with fits has. */
export const lossPlot = ({ fits }: Pick<ExperimentResult, 'fits'>): LinePlot => ({
  name: 'loss',
  title: 'Loss over the steps',
  caption: ' Before each update; each fit has its own units.',
  x: { label: 'step' },
  y: { label: 'loss', logarithmic: true },
  lines: fits
    .filter(({ variantOf }) => variantOf === undefined)
    .map(({ label, curve }) => ({
      name: label,
      x: curve.map(({ step }) => step),
      y: curve.map(({ loss }) => loss),
    })),
});

/** The learning rate after some recoveries, relative to the given one. */
export const rateAfter = (recoveries: number): string => `learning rate ${2 ** -recoveries} of the given one`;

const fitsHtml = ({ fits }: ExperimentResult): string =>
  figureTable({
    header: ['fit', 'parameters', 'steps', 'time', 'last loss', ''],
    rows: fits.map(({ label, parameters, steps, seconds, curve, diverged, recoveries }) => [
      label,
      formatCount(parameters),
      formatCount(steps),
      formatSeconds(seconds),
      curve.at(-1)?.loss.toExponential(2) ?? '',
      [diverged === undefined ? '' : 'diverged', recoveries > 0 ? rateAfter(recoveries) : '']
        .filter(Boolean)
        .join(', '),
    ]),
  });

const settingsHtml = ({ experiment, profile, settings, networks, backend, command }: ExperimentResult): string => {
  const { size, sides, steps, hiddenFeatures, hiddenLayers, learningRate, learningRates = {}, seed, own } = settings;
  const others = Object.entries(learningRates).filter(([name]) => networks.includes(name));
  const rows: (readonly [string, string])[] = [
    ['Data', experiment.data],
    ['Profile', `${profile}: size ${sides ? `${sides.width} x ${sides.height}` : size}, ${plural(steps, 'step')}`],
    ['Networks', `${hiddenLayers + 1} hidden layers of ${hiddenFeatures}`],
    ['Learning rate', [learningRate, ...others.map(([name, rate]) => `${name} ${rate}`)].join(', ')],
    ['Seed', String(seed)],
    ...Object.entries(own).map(([name, value]) => [experiment.options?.[name]?.what ?? name, String(value)] as const),
    ['Backend', `${backend.name}: ${backend.reason}`],
    ['Command', command],
  ];
  return propertyTable(rows.map(([name, value]) => [escapeHtml(name), escapeHtml(value)]));
};

const summaryOf = ({ findings: { checks }, fits }: ExperimentResult): string => {
  const count = (verdict: string): number => checks.filter(check => verdictOf(check) === verdict).length;
  const [met, missed] = [count('met'), count('missed')];
  const diverged = fits.filter(fit => fit.diverged !== undefined).map(({ label }) => label);
  const judged =
    met + missed === 0 ? 'This run has no checks.' : `${met} of ${plural(met + missed, 'expectation')} met.`;
  return `<p${missed > 0 ? ' class="missed"' : ''}>${escapeHtml(judged)}${diverged.length > 0 ? escapeHtml(` Diverged: ${diverged.join(', ')}.`) : ''}</p>`;
};

const experimentHtml = ({ result, pictures }: ReportedResult): string => {
  const { experiment, findings, fits, notes } = result;
  const plots = [...findings.plots, ...(fits.length > 0 ? [lossPlot(result)] : [])];
  const shown = fits.flatMap(({ label, diverged }) => (diverged === undefined ? [] : [`${label}: ${diverged}`]));
  return `<article id="${escapeHtml(experiment.id)}">
${section(
  experiment.title,
  `<p class="lead">${escapeHtml(experiment.summary)}</p>
${paragraph(`${experiment.id}; ${experiment.source}`)}
${summaryOf(result)}
${findings.checks.length > 0 ? `<h3>Expected and obtained</h3>${figureTable(checkCells(findings.checks))}${list(reasonsOf(findings.checks))}` : ''}
${findings.tables.map(tableHtml).join('\n')}
${findings.pictures.map(group => picturesHtml(group, pictures)).join('\n')}
${plots.length > 0 ? `<h3>Curves</h3><div class="figures two plots">${plots.map(plotHtml).join('\n')}</div>` : ''}
<h3>How the numbers are computed</h3>
${list([...notes, ...findings.notes, ...shown])}
${fits.length > 0 ? fitsHtml(result) : ''}
${settingsHtml(result)}`,
)}
</article>`;
};

/** What a report contains besides its experiments. */
export interface ReportOptions {
  readonly title: string;
  /** Tables across several experiments. */
  readonly summaries: readonly Table[];
}

/** Writes the report. */
export const makeReport = (results: readonly ReportedResult[], { title, summaries }: ReportOptions): string => {
  const rows = results.map(({ result: { experiment, findings, fits } }) => {
    const count = (verdict: string): number => findings.checks.filter(check => verdictOf(check) === verdict).length;
    const seconds = fits.reduce((sum, fit) => sum + fit.seconds, 0);
    return [experiment.id, String(count('met')), String(count('missed')), formatSeconds(seconds)];
  });
  const overview =
    results.length > 1 ? figureTable({ header: ['experiment', 'as expected', 'missed', 'time to fit'], rows }) : '';
  return makePage({
    title,
    css,
    bodyHtml: `<h1>${escapeHtml(title)}</h1>
${overview}
${summaries.map(tableHtml).join('\n')}
${results.map(experimentHtml).join('\n')}`,
  });
};
