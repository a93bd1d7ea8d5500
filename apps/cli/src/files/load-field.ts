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
import { type FieldRun, readFieldRun } from '../fitting/field-metadata.ts';
import { FACTOR_KEY } from '../fitting/recovery.ts';
import { readDescription, type SignalDescription } from '../signals/signal-description.ts';
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
  readonly run?: FieldRun | undefined;
  /** The state of its fit, when the file is a checkpoint. */
  readonly checkpoint?: CheckpointRun | undefined;
  /** Metadata of others. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The implementation that a PyTorch state dict comes from. */
  readonly pytorch?: PytorchSirenSource | undefined;
}

const OWN_KEYS = ['signal', 'run', 'fit', FACTOR_KEY, SIMILARITY_KEY];

const decode = (bytes: Uint8Array): LoadedField => {
  try {
    const { metadata, ...data } = decodeFieldData(bytes, extensions);
    const others = Object.fromEntries(Object.entries(metadata).filter(([key]) => !OWN_KEYS.includes(key)));
    return {
      data,
      bytes: bytes.length,
      signal: readDescription(metadata),
      run: readFieldRun(metadata),
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
 * Reads a field.
 *
 * @throws InputError when the file cannot be read or holds no field; the message says what it holds instead
 */
export const loadField = async (path: string): Promise<LoadedField> => {
  const bytes = await readInput(path);
  const foreign = describeForeign(bytes);
  if (foreign !== undefined) throw new InputError(`'${path}' is not a field: it is ${foreign}`);
  try {
    return decode(bytes);
  } catch (error) {
    throw new InputError(`'${path}' is not a field: ${describeError(error)}`, { cause: error });
  }
};
