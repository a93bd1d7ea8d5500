/** @file What is known of a field before and after it is pruned, and the table of both. */
import { formatBytes, formatCount, formatDecibels, type Output, plainNumber } from '@neural-fields/app-kit';
import { sampleRange } from '@neural-fields/app-kit/render';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { table } from '../table.ts';
import { randomPoints, type Source, type SourceFigures } from './prune-source.ts';

/** What is known of a field before or after. */
export interface Figures extends SourceFigures {
  readonly parameters: number;
  readonly bytes: number;
  /** Seconds to evaluate the field at its samples. */
  readonly renderSeconds: number;
}

/** The most points at which the time of a render is measured. */
const TIMED_POINTS = 65_536;
const TIMED_RUNS = 3;

/** The seconds of one evaluation at some points: the fastest of several. */
const renderSeconds = async (field: Field, signal: SignalDescription | undefined): Promise<number> => {
  const samples =
    signal?.kind === 'image' ? signal.width * signal.height : signal?.kind === 'audio' ? signal.length : TIMED_POINTS;
  const count = Math.min(samples, TIMED_POINTS);
  const all = randomPoints(field, signal, count, 0);
  const range = {
    count,
    coords: (start: number, many: number) => all.subarray(start * field.inFeatures, (start + many) * field.inFeatures),
  };
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= TIMED_RUNS; i++) {
    const begun = performance.now();
    await sampleRange(field, range, { quantity: 'value' }, () => undefined);
    // The first one compiles.
    if (i > 0) best = Math.min(best, (performance.now() - begun) / 1000);
  }
  return (best * samples) / count;
};

/** Measures a field whose file has some bytes. @throws the reason of `signal` when it is aborted */
export const figuresOf = async (
  field: Field,
  bytes: number,
  {
    source,
    description,
    signal,
  }: {
    readonly source: Source | undefined;
    readonly description: SignalDescription | undefined;
    readonly signal: AbortSignal;
  },
): Promise<Figures> => {
  return {
    parameters: field.parameterCount,
    bytes,
    renderSeconds: await renderSeconds(field, description),
    ...(await source?.figures(field, signal)),
  };
};

/** How figures of a source are shown. */
const COLUMNS: readonly (readonly [keyof SourceFigures, title: string, show: (value: number) => string])[] = [
  ['psnr', 'PSNR', formatDecibels],
  ['psnrBetween', 'PSNR between', formatDecibels],
  ['surfaceError', 'surface', plainNumber],
  ['normalError', 'normals', value => `${plainNumber(value)} degrees`],
];

/** Prints a row for each field. */
export const printTable = (rows: readonly (readonly [string, Figures])[], output: Output): void => {
  const [[, first]] = rows as readonly [readonly [string, Figures]];
  const shown = COLUMNS.filter(([name]) => first[name] !== undefined);
  const head = ['', 'parameters', 'file', 'render', ...shown.map(([, title]) => title)];
  const cells = rows.map(([name, figures]) => [
    name,
    formatCount(figures.parameters),
    formatBytes(figures.bytes),
    `${plainNumber(1000 * figures.renderSeconds)} ms`,
    ...shown.map(([figure, , show]) => show(figures[figure] as number)),
  ]);
  for (const line of table([head, ...cells])) output.result(line);
};
