/** @file A run as Markdown: the same tables as on the page, for issues and reviews. */
import { plural } from '@neural-fields/app-kit';
import type { FigureTable } from '@neural-fields/report';
import { describeParity, type ParityOutcome } from '../gpu/parity.ts';
import { supervisions } from '../protocol.ts';
import { busyWarning, describeCase, describeSgemm, deviceOf, emulationWarning, formatMemory } from './describe.ts';
import type { Results } from './results.ts';
import { bestSgemm } from './sgemm.ts';
import {
  absentRows,
  casesOf,
  choiceTable,
  demandsTable,
  deviceRateTable,
  measuredPeers,
  sgemmShareTable,
  sgemmTable,
  speedUpTable,
  timeTable,
} from './tables.ts';

/** A table with its header. */
export const markdownTable = ({ header, rows }: FigureTable): string =>
  [header, header.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');

const titles = { value: 'Value', gradient: 'Gradient', laplacian: 'Laplacian' } as const;

/** `AMD EPYC, 2 cores, 8.0 GiB, Linux 6.1` */
export const describeMachine = ({ environment }: Pick<Results, 'environment'>): string => {
  const { processor, cores, memory, system } = environment;
  return [processor, plural(cores, 'core'), formatMemory(memory), system].join(', ');
};

const programs = ({ peers }: Results): string[] =>
  Object.entries(peers).map(([name, state]) => {
    if ('unavailable' in state) return `- \`${name}\`: not run: ${state.unavailable}`;
    const versions = Object.entries(state.versions).map(([program, version]) => `${program} ${version}`);
    return `- \`${name}\`: ${[...versions, ...(state.device ? [state.device.name] : [])].join(', ')}`;
  });

const part = (title: string, table: FigureTable, text?: string): string[] =>
  table.rows.length === 0
    ? []
    : ['', `## ${title}`, ...(text === undefined ? [] : ['', text]), '', markdownTable(table)];

/** The agreement of the WebGPU kernels, with the cases that do not agree. */
const parityPart = (parity: ParityOutcome): string[] => {
  const bad = 'results' in parity ? parity.results.filter(({ good }) => !good) : [];
  const lines = bad.map(
    ({ style, name, errors }) =>
      `- ${style} ${name}: ${errors.map(error => error?.toExponential(1) ?? 'not a number').join(', ')}`,
  );
  return [
    '',
    '## Parity of the WebGPU kernels',
    '',
    `${describeParity(parity)}.`,
    ...(bad.length > 0 ? ['', ...lines] : []),
  ];
};

/**
 * The report of a run.
 *
 * @param over the peers relative to which speed-ups are given
 */
export const makeMarkdown = (found: Results, over: readonly string[]): string => {
  const { command, environment, rounds, complete } = found;
  const warnings = [
    emulationWarning(found),
    busyWarning(found),
    complete ? undefined : 'This run is not complete: some cases are missing.',
  ];
  const best = bestSgemm(found.sgemm);
  const measured = measuredPeers(found);
  const shown = supervisions.filter(supervision => casesOf(found.results, supervision).length > 0);
  const devices = new Set(measured.flatMap(peer => deviceOf(found, peer)?.name ?? []));
  const lines = [
    '# Training steps',
    '',
    `Whole steps of a SIREN 2-w-w-w-w-1 in float32: forward pass, loss, backward pass, Adam. Medians of ${plural(rounds, 'round')} in which the peers take turns, and how far the lowest and highest round lie from them.`,
    '',
    `- machine: ${describeMachine(found)}`,
    ...[...devices].map(name => `- graphics card: ${name}`),
    ...(found.about?.cards === undefined ? [] : [`- nvidia-smi: ${found.about.cards}`]),
    `- date: ${environment.date}`,
    `- command: \`${command}\``,
    ...programs(found),
    ...warnings.flatMap(warning => (warning === undefined ? [] : ['', `**${warning}**`])),
    ...(found.about === undefined ? [] : parityPart(found.about.parity)),
    ...shown.flatMap(supervision => part(`${titles[supervision]}: time of a step`, timeTable(found, supervision))),
    ...over
      .filter(peer => measured.includes(peer))
      .flatMap(peer =>
        shown.flatMap(supervision => {
          const table = speedUpTable(found, supervision, peer);
          return table.header.length < 2 ? [] : part(`${titles[supervision]}: speed-up over ${peer}`, table);
        }),
      ),
    ...part("Share of the device's rate in large float32 products", deviceRateTable(found)),
    ...part('Rate of matrix products alone', sgemmTable(found)),
    ...(best === undefined
      ? []
      : part(
          'Rate of whole steps in their matrix products',
          sgemmShareTable(found),
          `Shares are of the highest rate: ${describeSgemm(best)}.`,
        )),
    ...part('Work of the host in a step', demandsTable(found)),
    ...part('Choices of the peers', choiceTable(found)),
    ...part('Difference from the float64 reference', {
      header: ['', 'gradient', 'losses'],
      rows: found.disagreements.map(({ peer, supervision, width, gradient, loss }) => [
        `${peer}: ${describeCase({ supervision, width, points: 64 })}`,
        gradient.toExponential(1),
        loss.toExponential(1),
      ]),
    }),
    ...part('Not measured', {
      header: ['', 'reason'],
      rows: absentRows(found).map(row => [...row]),
    }),
  ];
  return `${lines.join('\n')}\n`;
};
