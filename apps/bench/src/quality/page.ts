/** @file The page about a run. */
import { formatSeconds } from '@neural-fields/app-kit';
import { escapeHtml, figureTable, makePage, plotFigure, propertyTable, section } from '@neural-fields/report';
import { busyWarning } from '../speed/describe.ts';
import { describeMachine } from '../speed/markdown.ts';
import { definitions } from './definitions.ts';
import { BETWEEN_TITLE, betweenTable, FASTEST_TITLE, fastestTable } from './overview.ts';
import { type Colours, colourOf, curvePlot, sweepPlot } from './plots.ts';
import type { QualityResults } from './results.ts';
import { bestOfGroups, type Summary } from './summaries.ts';
import { absentRows, casesOf, stepTable, stepTimeTable, sweepTable, timeTable } from './tables.ts';
import { formatRate } from './trial.ts';

const css = `
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.25rem; max-width: none; font-size: 0.95rem; }
.legend span::before { content: ''; display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.4em; border-radius: 2px; background: var(--colour); }
h3 { font-size: 1.05rem; font-weight: 600; margin: 1.5rem 0 0.2rem; }
`;

/** The maximum number of lines: one per colour, since lines of the same colour could not be told apart. */
const MAX_LINES = 8;

/** The groups that are drawn, if not all: the best of each program, then the others in order of their quality. */
const drawnGroups = (best: readonly Summary[]): Colours => {
  const sorted = [...best].sort((a, b) => b.psnr.mean - a.psnr.mean);
  const ofPeers = [...new Set(sorted.map(({ method }) => method.peer))].flatMap(
    peer => sorted.find(({ method }) => method.peer === peer) ?? [],
  );
  const chosen = [...new Set([...ofPeers, ...sorted])].slice(0, MAX_LINES);
  // In the order of the tables, so that a method has the same colour in the sections of all signals.
  return best.filter(each => chosen.includes(each)).map(({ group }) => group);
};

const legend = (best: readonly Summary[], colours: Colours): string =>
  `<p class="legend">${colours
    .map(group => {
      const rate = best.find(each => each.group === group)?.method.rate;
      const text = `${group}${rate === undefined ? '' : `, rate ${formatRate(rate)}`}`;
      return `<span style="--colour: ${colourOf(group, colours)}">${escapeHtml(text)}</span>`;
    })
    .join('')}</p>`;

const caseSection = (found: QualityResults, title: string, all: readonly Summary[]): string => {
  const best = bestOfGroups(all);
  const colours = drawnGroups(best);
  const drawn = best.filter(({ group }) => colours.includes(group));
  const facts = found.signals.find(({ name, size }) => name === all[0]?.signal && size === all[0]?.size);
  const interpolation = facts?.interpolation ?? Number.NaN;
  const sweep = sweepTable(all);
  const coloured = all.filter(({ group }) => colours.includes(group));
  return section(
    title,
    `<p>${escapeHtml(facts === undefined ? '' : `${facts.title}. Interpolation between the samples: ${interpolation.toFixed(2)} dB.`)}</p>
${legend(best, colours)}
<div class="figures two plots">
${plotFigure(curvePlot(drawn, { over: 'seconds', colours }), { title: 'Quality over seconds', captionHtml: 'Each method at its best rate.' })}
${plotFigure(curvePlot(drawn, { over: 'step', colours }), { title: 'Quality over steps', captionHtml: 'The same runs; steps are logarithmic.' })}
${sweep.rows.length === 0 ? '' : plotFigure(sweepPlot(coloured, { interpolation, colours }), { title: 'Quality at the end over the rate', captionHtml: 'Solid: at the samples. Dashed: between them. Dotted: interpolation.' })}
</div>
<h3>Time to quality</h3>
${figureTable(timeTable(best))}
<h3>Steps to quality, and quality between the samples then</h3>
${figureTable(stepTable(best))}
<h3>Time of a step</h3>
${figureTable(stepTimeTable(all))}
${sweep.rows.length === 0 ? '' : `<h3>Rates: quality at and between the samples</h3>\n${figureTable(sweep)}`}`,
  );
};

const overview = (found: QualityResults): string =>
  section(
    'All signals',
    `<p>Each method at its best rate; a dash where not all seeds reached that quality.</p>
<h3>${FASTEST_TITLE}</h3>
${figureTable(fastestTable(found))}
<h3>${BETWEEN_TITLE}</h3>
${figureTable(betweenTable(found))}`,
  );

/** The page about a run, which may not be finished. */
export const makeQualityPage = (found: QualityResults): string => {
  const { command, environment, complete, seconds, peers } = found;
  const cases = [...casesOf(found)].map(([title, all]) => caseSection(found, title, all));
  const absent = absentRows(found);
  const warning = busyWarning(found);
  const title = 'Time to a given quality';
  const bodyHtml = `<h1>${title}</h1>
<p class="lead">The same network fitted to the same signals by different methods and programs on one machine.</p>
${complete ? '' : '<p><b>This run is not complete: some trials are missing.</b></p>'}
${warning === undefined ? '' : `<p><b>${escapeHtml(warning)}</b></p>`}
${cases.length === 0 ? '<p>Nothing was measured.</p>' : [overview(found), ...cases].join('\n')}
${absent.length === 0 ? '' : section('What was not measured', propertyTable(absent.map(([what, reason]) => [escapeHtml(what), escapeHtml(reason)])))}
${section(
  'How this was measured',
  `${definitions.map(sentence => `<p>${escapeHtml(sentence)}</p>`).join('\n')}
<pre>${escapeHtml(command)}</pre>
${propertyTable([
  ['Machine', escapeHtml(describeMachine({ environment }))],
  ['Date', `${escapeHtml(environment.date)}, ${escapeHtml(formatSeconds(seconds))}`],
  ...Object.entries(peers).map(
    ([name, state]) =>
      [
        escapeHtml(name),
        escapeHtml(
          'unavailable' in state
            ? `not run: ${state.unavailable}`
            : Object.entries(state.versions)
                .map(each => each.join(' '))
                .join(', '),
        ),
      ] as const,
  ),
])}`,
)}`;
  return makePage({ title, bodyHtml, css });
};
