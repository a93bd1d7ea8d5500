/** @file Loads a field from a file of this program, of the library, or of PyTorch. */
import { existsSync } from 'node:fs';
import { describeError, explainedWithin, InputError, type Output, UsageError } from '@neural-fields/app-kit';
import { describeForeign, readInput } from '@neural-fields/app-kit/files';
import { type CheckpointRun, extensions, FACTOR_KEY, readRun } from '@neural-fields/app-kit/fitting';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { FieldData } from '@neural-fields/core';
import {
  decodeFieldData,
  decodeSafetensors,
  type FieldFile,
  FieldFileError,
  type ModelFile,
  type SafetensorsFile,
} from '@neural-fields/core/files';
import { type ImportPytorchOptions, importPytorch, isTorchFile, type PytorchField } from '@neural-fields/core/pytorch';
import { SIMILARITY_KEY } from '@neural-fields/shapes';
import { givenPytorchOption, type PytorchOptions, pytorchImportOptions } from '../options/pytorch.ts';
import { type FoundRun, readFieldRun } from './field-metadata.ts';
import { PRUNED_KEY, type Pruning, readPruning } from './pruned-metadata.ts';
import { readDescription } from './read-description.ts';
import { modelName, readModel } from './read-model.ts';

/** What a file says about its field. */
export interface LoadedField {
  readonly data: FieldData;
  /** The size of the file in bytes. */
  readonly bytes: number;
  /** What the field represents; absent when the file does not say. */
  readonly signal?: SignalDescription | undefined;
  /** How the field was fitted. */
  readonly run?: FoundRun | undefined;
  /** How the field was pruned, the latest time. */
  readonly pruned?: Pruning | undefined;
  /** The state of the fit, when the file is a checkpoint. */
  readonly checkpoint?: CheckpointRun | undefined;
  /** All other metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The precision of the matrices in the file; absent for a state dict. */
  readonly precision?: FieldFile['precision'] | undefined;
  /** The metadata that a copy of the field keeps. */
  readonly kept: Readonly<Record<string, string>>;
  /** The source of a PyTorch state dict, and what was assumed about it. */
  readonly pytorch?: Pick<PytorchField, 'source' | 'names' | 'prefix' | 'assumed'> | undefined;
}

/** A field, and what is wrong with its metadata. */
export interface InspectedField extends LoadedField {
  /** What is wrong with the description; if set, nothing can be rendered. */
  readonly damagedSignal?: string | undefined;
  /** What is wrong with the record of the fit; nothing depends on it. */
  readonly damagedRun?: string | undefined;
  /** Whether nothing says which activation a PyTorch state dict uses; its layers are then reported as linear. */
  readonly unknownActivation?: boolean;
}

/** The metadata of a fit that can resume. */
const CHECKPOINT_KEYS = ['fit', FACTOR_KEY];
const OWN_KEYS = ['signal', 'run', SIMILARITY_KEY, PRUNED_KEY, ...CHECKPOINT_KEYS];

const without = (
  metadata: Readonly<Record<string, string>>,
  keys: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !keys.includes(key)));

/** What a reader of metadata returns, or why it failed. */
const attempt = <T>(read: () => T): { readonly value?: T; readonly problem?: string } => {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { problem: describeError(error) };
  }
};

/** A model that is no field, e.g. a prior. */
export interface InspectedModel {
  readonly model: ModelFile;
  /** The size of the file in bytes. */
  readonly bytes: number;
}

/** A field without the size of its file. */
type DecodedField = Omit<InspectedField, 'bytes'>;
/** A model without it. */
type DecodedModel = Omit<InspectedModel, 'bytes'>;

const decodeField = (file: SafetensorsFile): DecodedField => {
  const { metadata, precision, ...data } = decodeFieldData(file, extensions);
  const signal = attempt(() => readDescription(metadata, data.spec));
  const run = attempt(() => readFieldRun(metadata));
  return {
    data,
    signal: signal.value,
    damagedSignal: signal.problem,
    run: run.value,
    damagedRun: run.problem,
    pruned: readPruning(metadata),
    checkpoint: readRun(metadata),
    metadata: without(metadata, OWN_KEYS),
    kept: without(metadata, CHECKPOINT_KEYS),
    precision,
  };
};

const decodePytorch = (file: Uint8Array | SafetensorsFile, options: PytorchOptions): DecodedField => {
  const read = (importOptions: ImportPytorchOptions): DecodedField => {
    const { source, names, prefix, assumed, ...data } = importPytorch(file, importOptions);
    return { data, metadata: {}, kept: {}, pytorch: { source, names, prefix, assumed } };
  };
  const importOptions = pytorchImportOptions(options);
  try {
    return read(importOptions);
  } catch (error) {
    if (!(error instanceof FieldFileError && error.problem === 'unknown-activation')) throw error;
    const { omega0: _, omegaHidden: __, ...others } = importOptions;
    return { ...read({ ...others, activation: { kind: 'identity' } }), unknownActivation: true };
  }
};

const decode = (path: string, bytes: Uint8Array, options: PytorchOptions): DecodedField | DecodedModel => {
  if (isTorchFile(bytes)) return decodePytorch(bytes, options);
  const file = decodeSafetensors(bytes);
  const model = readModel(file);
  if (model) return { model };
  try {
    const field = decodeField(file);
    const given = givenPytorchOption(options);
    if (given)
      throw new UsageError({
        what: given,
        problem: `it is for state dicts of PyTorch, and '${path}' describes its network itself`,
      });
    return field;
  } catch (error) {
    if (!(error instanceof FieldFileError && error.problem === 'no-spec')) throw error;
    return decodePytorch(file, options);
  }
};

/** A reader's error, with the name of the file. */
const refusal = (path: string, error: unknown): Error =>
  error instanceof UsageError
    ? error
    : new InputError(explainedWithin(`'${path}' is not a field`, error), { cause: error });

/**
 * Reads a field or another model, and its metadata. Damaged metadata of a field are reported, and do not prevent it
 * from being read.
 *
 * @param options what a PyTorch state dict does not say
 * @throws InputError when the file cannot be read or holds neither; the message says what it holds instead
 * @throws UsageError when the options do not suit the file
 */
export const inspectFile = async (
  path: string,
  options: PytorchOptions = {},
): Promise<InspectedField | InspectedModel> => {
  const bytes = await readInput(path);
  const foreign = describeForeign(bytes);
  if (foreign !== undefined) throw new InputError({ what: `'${path}' is not a field`, problem: `it is ${foreign}` });
  try {
    return { ...decode(path, bytes, options), bytes: bytes.length };
  } catch (error) {
    throw refusal(path, error);
  }
};

const inspectField = async (path: string, options: PytorchOptions): Promise<InspectedField> => {
  const found = await inspectFile(path, options);
  if (!('model' in found)) return found;
  throw new InputError({
    what: `'${path}' is not a field`,
    problem: `it is ${modelName(found.model)}`,
    ...(found.model.description['kind'] === 'prior' && {
      hint: 'neural-fields prior complete, sample and interpolate draw its fields',
    }),
  });
};

/**
 * Reads a field that is about to be used.
 *
 * @throws InputError as {@link inspectFile}, when the file holds another model, and when the description of what the
 *   field represents is damaged or does not match its network
 * @throws UsageError when the options do not suit the file, or leave the activation of a state dict unknown
 */
export const loadField = async (path: string, options: PytorchOptions = {}): Promise<LoadedField> => {
  if (!existsSync(path) && existsSync(`${path}.checkpoint`))
    throw new InputError({
      what: `cannot read '${path}'`,
      problem: 'there is no such file, because its fit is not finished',
      hint: `'${path}.checkpoint' is its checkpoint`,
    });
  const { damagedSignal, damagedRun: _, unknownActivation, ...loaded } = await inspectField(path, options);
  if (unknownActivation)
    throw new UsageError({
      what: `'${path}'`,
      problem: 'a state dict of PyTorch does not say which activation is between its layers',
      hint: 'specify --activation, e.g. relu, tanh or sine',
    });
  if (damagedSignal !== undefined) throw new InputError({ what: `'${path}'`, problem: damagedSignal });
  return loaded;
};

/** The assumptions about a state dict, as a sentence; `undefined` if there are none. */
export const describeAssumptions = ({ pytorch }: LoadedField): string | undefined => {
  if (pytorch === undefined) return undefined;
  const { activation, omega0, omegaHidden } = pytorch.assumed;
  const parts = [
    activation !== undefined && `--activation ${activation}`,
    omega0 !== undefined && `--omega0 ${omega0}`,
    omegaHidden !== undefined && `--omega-hidden ${omegaHidden}`,
  ].filter(part => part !== false);
  if (parts.length === 0) return undefined;
  return `${parts.join(', ')}, as in ${pytorch.source}: a state dict does not say`;
};

/** Reads a field as {@link loadField} does, and reports what was assumed about it, and an unfinished fit. */
export const loadFieldAloud = async (path: string, options: PytorchOptions, output: Output): Promise<LoadedField> => {
  const loaded = await loadField(path, options);
  const assumed = describeAssumptions(loaded);
  if (assumed !== undefined) output.log(`assumed: ${assumed}`);
  if (loaded.checkpoint)
    output.log(`'${path}' is a checkpoint at step ${loaded.checkpoint.step}: the fit is not finished`);
  return loaded;
};
