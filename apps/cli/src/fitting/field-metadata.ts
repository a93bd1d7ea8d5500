/** @file The metadata of a field file. `signal` says what the field stands for, `run` how it came to be; both are JSON. */
import { basename } from 'node:path';
import type { PreparedSignal } from '../signals/prepared-signal.ts';
import { SIGNAL_KEY } from '../signals/signal-description.ts';
import type { FitSettings } from './settings.ts';

/** The key under which the run stands. */
const RUN_KEY = 'run';

/** What is told about a fit. */
export interface FieldMetadataInput {
  /** The path of the fitted file; its last part is kept. */
  readonly source: string;
  readonly prepared: PreparedSignal;
  readonly settings: FitSettings;
  readonly backend: string;
  /** What was measured at the end, by name. */
  readonly figures: Readonly<Record<string, number>>;
}

/** How a field was fitted, as its file says. The figures depend on the kind of signal. */
export interface FieldRun {
  readonly source: string;
  readonly sha256: string;
  readonly settings: FitSettings;
  readonly backend: string;
  /** In decibels, of signals of samples. */
  readonly psnr?: number;
  /** In units of the file, of shapes: the mean distance of the field's zero level from the points. */
  readonly surfaceError?: number;
  /** In degrees, of shapes: the mean angle between the gradient and the normals at the points. */
  readonly normalError?: number;
  /** Of shapes: the mean of ||grad| - 1| within a tenth of the surface. */
  readonly eikonalError?: number;
}

/** The metadata of a finished field. Nothing in it depends on the time, so that equal runs give equal files. */
export const fieldMetadata = ({ source, prepared, settings, backend, figures }: FieldMetadataInput): Record<string, string> => {
  const run: FieldRun = { source: basename(source), sha256: prepared.sha256, settings, backend, ...figures };
  return { [SIGNAL_KEY]: JSON.stringify(prepared.description), [RUN_KEY]: JSON.stringify(run) };
};

/** The run in a file's metadata; `undefined` when there is none, or none that is understood. */
export const readFieldRun = (metadata: Readonly<Record<string, string>>): FieldRun | undefined => {
  const text = metadata[RUN_KEY];
  if (text === undefined) return undefined;
  try {
    const run = JSON.parse(text) as Partial<FieldRun>;
    return typeof run.source === 'string' && typeof run.settings === 'object' ? (run as FieldRun) : undefined;
  } catch {
    return undefined;
  }
};
