/** @file Writes a page about an existing field, with as much as is known about its fit. */
import { basename } from 'node:path';
import {
  type BackendOptions,
  chooseBackend,
  createProgress,
  InputError,
  type Output,
  stoppable,
} from '@neural-fields/app-kit';
import { extensions, readCurve } from '@neural-fields/app-kit/fitting';
import { fieldFromData } from '@neural-fields/core';
import type { FoundRun } from '../files/field-metadata.ts';
import type { LoadedField } from '../files/load-field.ts';
import { type Original, readOriginal } from '../signals/read-original.ts';
import { HISTORY_VALUES, type ReportPoint } from './fit-history.ts';
import { writePage } from './write-page.ts';

/** What the page is made from, besides the field. */
export interface ReportOptions extends BackendOptions {
  /** The field's file. */
  readonly path: string;
  /** The output file. */
  readonly page: string;
  /** The file that was fitted. */
  readonly source?: string | undefined;
  /** The log of the fit. */
  readonly history?: string | undefined;
  /** The command as it was given. */
  readonly command: string;
}

/** The quality figures at the end of a fit that a field's file may contain. */
const FIGURES = ['psnr', 'snr', 'surfaceError', 'normalError', 'eikonalError'] as const;

const figuresOf = (run: LoadedField['run']): Record<string, number> => {
  const entries: (readonly [string, unknown])[] = Object.entries(run ?? {});
  const isFigure = (entry: readonly [string, unknown]): entry is readonly [string, number] =>
    FIGURES.some(name => name === entry[0]) && typeof entry[1] === 'number';
  return Object.fromEntries(entries.filter(isFigure));
};

const readHistory = (path: string | undefined): ReportPoint[] => {
  if (path === undefined) return [];
  const points = readCurve<ReportPoint>({ path, numbers: HISTORY_VALUES });
  if (points.length === 0)
    throw new InputError({
      what: `--history '${path}'`,
      problem: 'it has no line of the log of a fit',
      hint: 'fit --log writes such a log',
    });
  return points;
};

/**
 * Whether a file is not the one that was fitted: neither its values nor its bytes are the same. The same bytes may have
 * other values, because another decoder rounds differently; other bytes the same values, such as a PNG that was
 * compressed again.
 */
const isOther = (original: Original, { sha256, fileSha256 }: FoundRun): boolean =>
  sha256 !== undefined &&
  sha256 !== original.sha256 &&
  (fileSha256 === undefined || fileSha256 !== original.fileSha256);

/** Warns that the file is not the one to which the field was fitted. */
const warnOfOther = (output: Output, path: string | undefined, { source, sha256 }: FoundRun): void =>
  output.warn(
    `--source '${path}' is not what the field was fitted to: ${source === undefined ? 'that' : `'${source}'`} has other values ` +
      `(SHA-256 ${sha256}); the page compares the field with '${path}'`,
  );

/**
 * Writes a page about a field.
 *
 * @throws InputError when the file does not say what the field represents, or a file cannot be read
 */
export const reportField = async (loaded: LoadedField, options: ReportOptions, output: Output): Promise<void> => {
  const { path, page, source, command } = options;
  const { data, signal: description, run } = loaded;
  if (description === undefined)
    throw new InputError({ what: `'${path}'`, problem: 'it does not say what it represents, so it cannot be shown' });
  const history = readHistory(options.history);
  const original = source === undefined ? undefined : await readOriginal(source, description, run?.settings);
  for (const warning of original?.warnings ?? []) output.warn(`--source '${source}': ${warning}`);
  if (original && run && isOther(original, run)) warnOfOther(output, source, run);
  await chooseBackend(options, output);
  const field = fieldFromData(data, extensions);
  const progress = createProgress(output, { total: 1, unit: 'page' });
  try {
    await stoppable(output, progress, async ({ signal }) => {
      const figures = original ? await original.measure(field, signal) : figuresOf(run);
      await writePage(page, {
        field,
        description,
        original,
        name: source === undefined ? (run?.source ?? basename(path)) : basename(source),
        fieldFile: path,
        figures,
        history,
        snapshots: [],
        seconds: history.at(-1)?.seconds,
        settings: { ...run?.settings },
        backend: run?.backend,
        command,
        output,
        signal,
      });
      output.event('done', { page, ...figures });
      output.result(page);
    });
  } finally {
    field.dispose();
  }
};
