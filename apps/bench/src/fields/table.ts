/** @file The results of a run with many small fields as a table in Markdown. */
import { formatCount } from '@neural-fields/app-kit';
import { busyWarning, formatMemory, formatRatio, formatShare, formatTime } from '../speed/describe.ts';
import type { Outcome } from '../speed/results.ts';
import { median, quantile } from '../speed/statistics.ts';
import type { FieldsResults } from './results.ts';

type Measured = Extract<Outcome, { readonly state: 'measured' }>;

/** The peer that the others are compared with: the first of these that was measured. */
const OURS = ['native', 'simd', 'simd-loop'] as const;

const measured = ({ outcomes }: FieldsResults, peer: string): Measured | undefined => {
  const outcome = outcomes[peer];
  return outcome?.state === 'measured' ? outcome : undefined;
};

/** `AMD EPYC, 2 cores, Node 20.20.2, torch 2.15.0` */
const describeMachine = ({ environment, peers }: FieldsResults): string => {
  const versions = new Map<string, string>();
  for (const state of Object.values(peers))
    if ('versions' in state) for (const [name, version] of Object.entries(state.versions)) versions.set(name, version);
  const programs = [...versions].map(([name, version]) => `${name} ${version}`);
  return [environment.processor, `${environment.cores} cores`, environment.system, ...programs].join(', ');
};

/** The speed-up of the base over another: the median over the rounds, in each of which both were timed. */
const ratioOf = (base: Measured, other: Measured): number => {
  const count = Math.min(base.seconds.rounds.length, other.seconds.rounds.length);
  return median(
    Array.from({ length: count }, (_, i) => (other.seconds.rounds[i] as number) / (base.seconds.rounds[i] as number)),
  );
};

/** Lines of Markdown: what was measured, where, and a row for each peer. */
export const fieldsTable = (found: FieldsResults): string => {
  const { size, rounds, outcomes, disagreements } = found;
  const { fields, points, width, layers } = size;
  const base = OURS.find(name => measured(found, name));
  const baseline = base && measured(found, base);
  const header = [
    'peer',
    'a step',
    'quartiles',
    'fields per second',
    ...(base === undefined ? [] : [`speed-up of \`${base}\``]),
    'memory',
    'in kernels',
    'way',
    "worst field's gradient, loss: difference from the reference",
  ];
  const rows = Object.entries(outcomes).flatMap(([name, outcome]) => {
    if (outcome.state !== 'measured') return [];
    const { seconds, peakMemory, kernelShare, way = '' } = outcome;
    const off = disagreements[name];
    return [
      [
        `\`${name}\``,
        formatTime(seconds.median),
        [0.25, 0.75].map(share => formatTime(quantile(seconds.rounds, share))).join(' to '),
        formatCount(Math.round(fields / seconds.median)),
        ...(baseline === undefined ? [] : [name === base ? '' : formatRatio(ratioOf(baseline, outcome))]),
        formatMemory(peakMemory),
        kernelShare === undefined ? '' : formatShare(kernelShare),
        way,
        off === undefined ? '' : `${off.gradient.toExponential(1)}, ${off.loss.toExponential(1)}`,
      ],
    ];
  });
  const absent = Object.entries(outcomes).flatMap(([name, outcome]) =>
    outcome.state === 'measured' ? [] : [`- \`${name}\`, ${outcome.state}: ${outcome.reason}`],
  );
  const warning = busyWarning(found);
  const network = ['2', ...Array.from({ length: layers }, () => String(width)), '3'].join('-');
  return [
    `${formatCount(fields)} SIRENs ${network}, ${formatCount(points)} points each: loss, gradient and Adam of all. Medians and quartiles of ${rounds} rounds in`,
    `which the peers take turns; speed-ups are medians of those of each round. ${describeMachine(found)}.`,
    ...(warning === undefined ? [] : ['', warning]),
    '',
    `| ${header.join(' | ')} |`,
    `|${'---|'.repeat(header.length)}`,
    ...rows.map(row => `| ${row.join(' | ')} |`),
    ...(absent.length === 0 ? [] : ['', ...absent]),
  ].join('\n');
};
