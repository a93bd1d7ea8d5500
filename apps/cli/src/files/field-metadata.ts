/**
 * @file The metadata of a field file. `signal` says what the field represents, `run` how it was fitted; both are JSON.
 */
import { basename } from 'node:path';
import { explainedWithin, InputError } from '@neural-fields/app-kit';
import {
  asRecord,
  integerIn,
  type JsonRecord,
  parseRecord,
  SIGNAL_KEY,
  type SignalDescription,
  wrong,
} from '@neural-fields/app-kit/signals';
import { type SettingsJson, settingsToJson } from '../settings/config-file.ts';
import type { GivenSettings, Settings } from '../settings/fit-settings.ts';

/** The metadata key of the run. */
const RUN_KEY = 'run';

/** What the metadata are made from. */
export interface FieldMetadataInput {
  /** The path of the fitted file; only its last part is kept. */
  readonly source: string;
  readonly signal: SignalDescription;
  /** The hash of the fitted values. */
  readonly sha256: string;
  /** Pictures only: the hash of the file's bytes. */
  readonly fileSha256?: string | undefined;
  readonly settings: GivenSettings;
  readonly backend: string;
  /** The quality figures at the end of the fit, by name. */
  readonly figures: Readonly<Record<string, number>>;
}

/** How a field was fitted, as its file records it. The figures depend on the kind of signal. */
export interface FieldRun {
  readonly source: string;
  readonly sha256: string;
  readonly fileSha256?: string;
  /** In the form that `--config` reads. */
  readonly settings: SettingsJson;
  readonly backend: string;
  /** Pictures and sounds only: in decibels. */
  readonly psnr?: number;
  /** Shapes only: the mean distance of the field's zero level from the points, in the file's units. */
  readonly surfaceError?: number;
  /** Shapes only: the mean angle between the gradient and the normals at the points, in degrees. */
  readonly normalError?: number;
  /** Shapes only: the mean of ||grad| - 1| within a tenth of a unit of the surface. */
  readonly eikonalError?: number;
}

/** The metadata of a finished field. Nothing in it depends on time, so that identical runs write identical files. */
export const fieldMetadata = ({
  source,
  signal,
  sha256,
  fileSha256,
  settings,
  backend,
  figures,
}: FieldMetadataInput): Record<string, string> => {
  const run: FieldRun = {
    source: basename(source),
    sha256,
    ...(fileSha256 !== undefined && { fileSha256 }),
    settings: settingsToJson(settings),
    backend,
    ...figures,
  };
  return { [SIGNAL_KEY]: JSON.stringify(signal), [RUN_KEY]: JSON.stringify(run) };
};

/** The settings that are needed to read the fitted file again. */
export type ReadingSettings = Pick<Settings, 'allowDamaged' | 'maxPixels' | 'maxBytes'>;

interface FoundSettings
  extends Required<Pick<Settings, 'steps' | 'learningRate' | 'batch' | 'seed'>>,
    Required<ReadingSettings> {
  readonly optimizer: string;
  readonly schedule: string;
}

/** A run as read from a file, where any part may be missing. */
export interface FoundRun extends Partial<Omit<FieldRun, 'settings'>> {
  readonly settings?: Partial<FoundSettings>;
}

const number = (what: string, value: unknown): number => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(what, 'a finite number', value);
  return value;
};

const string = (what: string, value: unknown): string => {
  if (typeof value !== 'string') throw wrong(what, 'text', value);
  return value;
};

const boolean = (what: string, value: unknown): boolean => {
  if (typeof value !== 'boolean') throw wrong(what, 'true or false', value);
  return value;
};

const steps = (what: string, value: unknown): number => integerIn(what, value, 0, Number.MAX_SAFE_INTEGER);
const batch = (what: string, value: unknown): 'full' | number => (value === 'full' ? value : number(what, value));

type Readers<T> = { readonly [Name in keyof T & string]-?: (what: string, value: unknown) => T[Name] };

/**
 * The fields that are present, the known ones each checked by its reader. JSON writes an infinite PSNR as `null`, which
 * counts as absent.
 */
const present = <T extends object>(fields: JsonRecord, readers: Readers<T>): Partial<T> => {
  const known = new Map<string, (what: string, value: unknown) => unknown>(Object.entries(readers));
  const entries = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, known.get(name)?.(name, value) ?? value]);
  return Object.fromEntries(entries) as Partial<T>;
};

/**
 * The run in a file's metadata; `undefined` when there is none.
 *
 * @throws InputError when a part of it has the wrong type
 */
export const readFieldRun = (metadata: Readonly<Record<string, string>>): FoundRun | undefined => {
  const text = metadata[RUN_KEY];
  if (text === undefined) return undefined;
  try {
    const numbers = { psnr: number, surfaceError: number, normalError: number, eikonalError: number };
    const reading = { allowDamaged: boolean, maxPixels: number, maxBytes: number };
    const settings = {
      steps,
      optimizer: string,
      learningRate: number,
      schedule: string,
      batch,
      seed: number,
      ...reading,
    };
    return present<FoundRun>(parseRecord(text), {
      source: string,
      sha256: string,
      fileSha256: string,
      backend: string,
      ...numbers,
      settings: (what, value) => present<FoundSettings>(asRecord(what, value), settings),
    });
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    const what = `the metadata of its fit ('${RUN_KEY}') are damaged`;
    throw new InputError(explainedWithin(what, cause), { cause });
  }
};
