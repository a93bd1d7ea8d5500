/** @file The page about a comparison. */
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
import { busyWarning } from '../speed/describe.ts';
import { describeMachine } from '../speed/markdown.ts';
import { definitions } from './definitions.ts';
import { bandPlot, curvePlot, type LineStyles, lineStyle, MAX_LINES, ratePlot } from './plots.ts';
import type { NetworkResults } from './results.ts';
import { type TaskSummary, taskSummaries } from './summaries.ts';
import { fittedTable, formatFirst, frequencyTable, overviewTable, rateTable, taskTable } from './tables.ts';
import { describeNetworkTrial } from './trial.ts';

const css = `
.legend { margin-top: 1.5rem; display: flex; flex-wrap: wrap; gap: 0.2rem 1.25rem; max-width: none; font-size: 0.95rem; }
.legend span { display: inline-flex; align-items: center; }
.legend svg { width: 1.6em; height: 0.8em; margin-right: 0.4em; }
h3 { font-size: 1.05rem; font-weight: 600; margin: 1.5rem 0 0.2rem; }
.small { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
`;

/** The networks that are drawn on a task, if not all: the best of them. */
const chosenNetworks = (summary: TaskSummary, styles: LineStyles): LineStyles => {
  const [figure] = summary.task.figures;
  const best = [...summary.networks].sort(
    (a, b) => (b.figures[figure.name]?.mean ?? -1e9) - (a.figures[figure.name]?.mean ?? -1e9),
  );
  const chosen = new Set(best.slice(0, MAX_LINES).map(({ network }) => network));
  return styles.length <= MAX_LINES ? styles : styles.filter(network => chosen.has(network));
};

const legend = ({ networks }: TaskSummary, styles: LineStyles): string =>
  `<p class="legend">${networks
    .filter(({ network }) => styles.includes(network))
    .map(({ network }) => {
      const { colour, dash } = lineStyle(network, styles);
      const stroke = `style="stroke: ${colour}" stroke-width="3"${dash === undefined ? '' : ` stroke-dasharray="${dash}"`}`;
      return `<span><svg viewBox="0 0 16 8" aria-hidden="true"><line x1="0" y1="4" x2="16" y2="4" ${stroke}/></svg>${escapeHtml(network)}</span>`;
    })
    .join('')}</p>`;

const pictures = (summary: TaskSummary): string => {
  const { facts, networks } = summary;
  if (facts.picture === undefined) return '';
  const figure = (base64: string, title: string, caption: string): string =>
    pictureFigure(Buffer.from(base64, 'base64'), { title, captionHtml: escapeHtml(caption) });
  const shown = networks.flatMap(network => {
    const picture = network.results.find(each => each.picture !== undefined)?.picture;
    return picture === undefined ? [] : [figure(picture, network.network, formatFirst(network, summary))];
  });
  return `<h3>Side by side, with the first seed</h3>
<div class="figures small pixels">${[figure(facts.picture, 'the truth', ''), ...shown].join('\n')}</div>`;
};

const table = (title: string, of: ReturnType<typeof taskTable>): string =>
  of.rows.length === 0 ? '' : `<h3>${escapeHtml(title)}</h3>\n${figureTable(of)}`;

const taskSection = (summary: TaskSummary, styles: LineStyles): string => {
  const { task, facts } = summary;
  const lines = chosenNetworks(summary, styles);
  const [figure] = task.figures;
  const plots = [
    plotFigure(curvePlot(summary, lines, 'steps'), {
      title: 'Over steps',
      captionHtml: `${escapeHtml(figure.title)}, the mean of the seeds. Dotted: without a network.`,
    }),
    ...(summary.networks.some(({ time }) => time !== undefined)
      ? [
          plotFigure(curvePlot(summary, lines, 'seconds'), {
            title: 'Over seconds',
            captionHtml: 'The same fits by the measured time of a step.',
          }),
        ]
      : []),
    plotFigure(ratePlot(summary, lines), {
      title: 'Over the learning rate',
      captionHtml: 'At the end, at the best frequencies of each network, with the first seed.',
    }),
    ...(facts.bands === undefined
      ? []
      : [
          plotFigure(bandPlot(summary, lines), {
            title: 'The error per octave of frequency',
            captionHtml:
              'At the end, with the first seed; the highest frequency of each octave. Dotted: the signal itself, whose whole energy is 0 dB.',
          }),
        ]),
  ];
  return section(
    task.title,
    `<p>${escapeHtml(task.summary)} ${escapeHtml(plural(facts.points, 'point'))} a step.</p>
${table('At the end', taskTable(summary))}
${pictures(summary)}
${legend(summary, lines)}
<div class="figures two plots">
${plots.join('\n')}
</div>
${table(`Learning rates: ${figure.title}, at the best frequencies, first seed`, rateTable(summary))}
${table(`Frequencies: ${figure.title}, at one learning rate, first seed`, frequencyTable(summary))}`,
  );
};

const overview = (tasks: readonly TaskSummary[]): string =>
  section(
    'All tasks',
    `<p>The figure that decides about the settings of a network, on data that it does not see. The star marks the best.</p>
${figureTable(overviewTable(tasks))}
<h3>How well they learn what they are shown</h3>
<p>The second figure of each task, at the same settings.</p>
${figureTable(fittedTable(tasks))}`,
  );

/** The page about a run, which may not be finished. */
export const makeNetworksPage = (found: NetworkResults): string => {
  const { command, environment, complete, seconds, backend, workers, results, failures, absent, times } = found;
  const tasks = taskSummaries(found);
  const styles = [...new Set(tasks.flatMap(({ networks }) => networks.map(({ network }) => network)))];
  const warning = busyWarning({ foreignLoad: times.map(({ foreignLoad }) => foreignLoad) });
  const missing = [
    ...absent.map(({ task, network, reason }) => [`${task}: ${network}`, reason] as const),
    ...failures.map(({ trial, reason }) => [describeNetworkTrial(trial), reason] as const),
  ];
  const title = 'Networks of neural fields beside each other';
  const bodyHtml = `<h1>${title}</h1>
<p class="lead">Each with as many parameters and steps, at the learning rate and the frequencies that serve it best.</p>
${complete ? '' : '<p><b>This run is not complete: some fits are missing.</b></p>'}
${warning === undefined ? '' : `<p><b>${escapeHtml(warning)}</b> This concerns the seconds alone.</p>`}
${tasks.length === 0 ? '<p>Nothing was measured.</p>' : [overview(tasks), ...tasks.map(each => taskSection(each, styles))].join('\n')}
${missing.length === 0 ? '' : section('What was not measured', propertyTable(missing.map(([what, reason]) => [escapeHtml(what), escapeHtml(reason)])))}
${section(
  'How this was measured',
  `${definitions.map(sentence => `<p>${escapeHtml(sentence)}</p>`).join('\n')}
<pre>${escapeHtml(command)}</pre>
${propertyTable([
  ['Machine', escapeHtml(describeMachine({ environment }))],
  ['Date', `${escapeHtml(environment.date)}, ${escapeHtml(formatSeconds(seconds))}`],
  ['Fits', escapeHtml(`${formatCount(results.length)}, ${workers} at a time`)],
  [
    'Backend',
    escapeHtml(
      `${backend.name}: ${Object.entries(backend.versions)
        .map(each => each.join(' '))
        .join(', ')}`,
    ),
  ],
])}`,
)}`;
  return makePage({ title, bodyHtml, css });
};
