/** @file A field from a file of this program, of the library, or of PyTorch. */
import {
  decodeFieldData,
  type FieldData,
  FieldFileError,
  importPytorchSiren,
  type PytorchSirenSource,
} from '@neural-fields/core';
import { SIMILARITY_KEY } from '@neural-fields/shapes';
import { describeError, InputError } from '../errors.ts';
import { type CheckpointRun, readRun } from '../fitting/checkpoint.ts';
import { type FoundRun, readFieldRun } from '../fitting/field-metadata.ts';
import { FACTOR_KEY } from '../fitting/recovery.ts';
import { readDescription } from '../signals/read-description.ts';
import type { SignalDescription } from '../signals/signal-description.ts';
import { describeForeign } from './describe-foreign.ts';
import { extensions } from './extensions.ts';
import { readInput } from './read-bytes.ts';

/** What is known about a field from its file. */
export interface LoadedField {
  readonly data: FieldData;
  /** The size of the file. */
  readonly bytes: number;
  /** What it stands for; absent when the file does not say. */
  readonly signal?: SignalDescription | undefined;
  /** How it was fitted. */
  readonly run?: FoundRun | undefined;
  /** The state of its fit, when the file is a checkpoint. */
  readonly checkpoint?: CheckpointRun | undefined;
  /** Metadata of others. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The implementation that a PyTorch state dict comes from. */
  readonly pytorch?: PytorchSirenSource | undefined;
}

/** A field with what is wrong with the metadata beside it. */
export interface InspectedField extends LoadedField {
  /** What is wrong with the description, for which reason nothing can be rendered. */
  readonly damagedSignal?: string | undefined;
  /** What is wrong with the account of the fit, which nothing depends on. */
  readonly damagedRun?: string | undefined;
}

const OWN_KEYS = ['signal', 'run', 'fit', FACTOR_KEY, SIMILARITY_KEY];

/** What a reader of metadata returns, or why it refuses. */
const attempt = <T>(read: () => T): { readonly value?: T; readonly problem?: string } => {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problem: error.message };
  }
};

const decode = (bytes: Uint8Array): InspectedField => {
  try {
    const { metadata, ...data } = decodeFieldData(bytes, extensions);
    const others = Object.fromEntries(Object.entries(metadata).filter(([key]) => !OWN_KEYS.includes(key)));
    const signal = attempt(() => readDescription(metadata, data.spec));
    const run = attempt(() => readFieldRun(metadata));
    return {
      data,
      bytes: bytes.length,
      signal: signal.value,
      damagedSignal: signal.problem,
      run: run.value,
      damagedRun: run.problem,
      checkpoint: readRun(metadata),
      metadata: others,
    };
  } catch (error) {
    if (!(error instanceof FieldFileError && error.problem === 'no-spec')) throw error;
    const { source, ...data } = importPytorchSiren(bytes);
    return { data, bytes: bytes.length, metadata: {}, pytorch: source };
  }
};

/**
 * Reads a field and whatever stands beside it. Damaged metadata are told, and do not keep the field from being read.
 *
 * @throws InputError when the file cannot be read or holds no field; the message says what it holds instead
 */
export const inspectField = async (path: string): Promise<InspectedField> => {
  const bytes = await readInput(path);
  const foreign = describeForeign(bytes);
  if (foreign !== undefined) throw new InputError(`'${path}' is not a field: it is ${foreign}`);
  try {
    return decode(bytes);
  } catch (error) {
    throw new InputError(`'${path}' is not a field: ${describeError(error)}`, { cause: error });
  }
};

/**
 * Reads a field to do something with it.
 *
 * @throws InputError as {@link inspectField}, and when the description of what the field stands for is damaged or does not suit its network
 */
export const loadField = async (path: string): Promise<LoadedField> => {
  const { damagedSignal, damagedRun: _, ...loaded } = await inspectField(path);
  if (damagedSignal !== undefined) throw new InputError(`'${path}' cannot be used: ${damagedSignal}`);
  return loaded;
};
