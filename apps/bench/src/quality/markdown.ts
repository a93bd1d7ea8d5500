/** @file A run as Markdown: the same tables as on the page, for issues and reviews. */
import type { FigureTable } from '@neural-fields/report';
import { busyWarning } from '../speed/describe.ts';
import { describeMachine, markdownTable } from '../speed/markdown.ts';
import { definitions } from './definitions.ts';
import { BETWEEN_TITLE, betweenTable, FASTEST_TITLE, fastestTable } from './overview.ts';
import type { QualityResults } from './results.ts';
import { bestOfGroups } from './summaries.ts';
import { absentRows, casesOf, stepTable, stepTimeTable, sweepTable, timeTable } from './tables.ts';

const part = (title: string, table: FigureTable): string[] =>
  table.rows.length === 0 ? [] : ['', `### ${title}`, '', markdownTable(table)];

/** The report of a run, which may not be finished. */
export const makeQualityMarkdown = (found: QualityResults): string => {
  const { command, environment, complete, peers, signals } = found;
  const warnings = [busyWarning(found), complete ? undefined : 'This run is not complete: some trials are missing.'];
  const lines = [
    '# Time to quality',
    '',
    ...definitions.map(sentence => `- ${sentence}`),
    '',
    `- machine: ${describeMachine({ environment })}`,
    `- date: ${environment.date}`,
    `- command: \`${command}\``,
    ...Object.entries(peers).flatMap(([name, state]) =>
      'versions' in state
        ? [
            `- \`${name}\`: ${Object.entries(state.versions)
              .map(each => each.join(' '))
              .join(', ')}`,
          ]
        : [],
    ),
    ...warnings.flatMap(warning => (warning === undefined ? [] : ['', `**${warning}**`])),
    ...part(FASTEST_TITLE, fastestTable(found)),
    ...part(BETWEEN_TITLE, betweenTable(found)),
    ...[...casesOf(found)].flatMap(([title, all]) => {
      const facts = signals.find(({ name, size }) => name === all[0]?.signal && size === all[0]?.size);
      return [
        '',
        `## ${title}`,
        ...(facts
          ? ['', `${facts.title}. Interpolation between the samples: ${facts.interpolation.toFixed(2)} dB.`]
          : []),
        ...part('Time to quality', timeTable(bestOfGroups(all))),
        ...part('Steps to quality', stepTable(bestOfGroups(all))),
        ...part('Time of a step', stepTimeTable(all)),
        ...part('Rates', sweepTable(all)),
      ];
    }),
    ...part('Not measured', { header: ['', 'reason'], rows: absentRows(found) }),
  ];
  return `${lines.join('\n')}\n`;
};
