/** @file Checkpoints: a field file with the optimizer's state beside the parameters, so that any checkpoint is also a usable field. */
import type { Field } from '../field.ts';
import { decodeFieldData, encodeFieldData } from '../files/field-file.ts';
import { parameterShapes } from '../spec/spec.ts';
import { unflattenNumbers } from './flat.ts';

/** Where checkpoints are kept. `write` must be atomic: after a crash the old content is there, or the new, never a part. */
export interface CheckpointStore {
  /** The last checkpoint, or `undefined` when there is none. */
  read(): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<void>;
}

/** Thrown when a checkpoint belongs to another run than the one that would go on from it. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/** Everything that a run and its resumption must agree on, as text to compare and to show. */
export type RunIdentity = Readonly<Record<string, string>>;

/** Everything that a fit needs to go on; flat vectors of P numbers. */
export interface TrainingState {
  /** The number of updates so far. */
  readonly step: number;
  readonly parameters: Float32Array;
  readonly optimizer: readonly Float32Array[];
  readonly average?: Float32Array;
  /** What the divergence detector has seen. */
  readonly history: readonly number[];
}

/** The key of the file's metadata under which the run stands. */
const RUN = 'fit';
const PARAMETERS = 'parameters';
const optimizerName = (index: number): string => `optimizer.${index}`;

/** What is written about a run: what it must agree on with its resumption, and free text of the caller's. */
export interface RunDescription {
  readonly identity: RunIdentity;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Saves a run. The file's parameters are those that the field shall have: the average where there is one. */
export const writeCheckpoint = async (
  store: CheckpointStore,
  field: Field,
  { identity, metadata }: RunDescription,
  { step, parameters, optimizer, average, history }: TrainingState,
): Promise<void> => {
  const shapes = parameterShapes(field.spec, field.extensions);
  const vector = (data: Float32Array): { shape: readonly number[]; data: Float32Array } => ({ shape: [data.length], data });
  const state = new Map(optimizer.map((data, index) => [optimizerName(index), vector(data)]));
  if (average) state.set(PARAMETERS, vector(parameters));
  await store.write(
    encodeFieldData(
      { spec: field.spec, parameters: unflattenNumbers(average ?? parameters, shapes) },
      { state, extensions: field.extensions, metadata: { ...metadata, [RUN]: JSON.stringify({ step, history, identity }) } },
    ),
  );
};

const assertSame = (what: string, saved: string | undefined, wanted: string | undefined): void => {
  if (saved !== wanted)
    throw new CheckpointError(
      `fit: the checkpoint is of another run: its ${what} is ${saved ?? 'absent'}, but this run's is ${wanted ?? 'absent'}. ` +
        'Go on with the same settings, or remove the checkpoint to begin anew.',
    );
};

/**
 * Reads the state to go on from; `undefined` when the store is empty.
 *
 * @throws CheckpointError when the checkpoint is of another field or another run, FieldFileError or SafetensorsError when it is damaged
 */
export const readCheckpoint = async (
  store: CheckpointStore,
  field: Field,
  identity: RunIdentity,
): Promise<TrainingState | undefined> => {
  const bytes = await store.read();
  if (bytes === undefined) return undefined;
  const { spec, parameters, state, metadata } = decodeFieldData(bytes, field.extensions);
  const run = metadata[RUN];
  if (run === undefined)
    throw new CheckpointError('fit: the file is a field without the state of a run, so it is no checkpoint to go on from');
  const saved = JSON.parse(run) as { step: number; history: number[]; identity: Record<string, string> };
  assertSame('network', JSON.stringify(spec), JSON.stringify(field.spec));
  for (const what of new Set([...Object.keys(saved.identity), ...Object.keys(identity)]))
    assertSame(what, saved.identity[what], identity[what]);
  const flat = (): Float32Array => {
    const parts = [...parameters.values()].map(({ data }) => data);
    const all = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
    let start = 0;
    for (const part of parts) {
      all.set(part, start);
      start += part.length;
    }
    return all;
  };
  const vector = (name: string): Float32Array | undefined => {
    const data = state.get(name)?.data;
    if (data !== undefined && !(data instanceof Float32Array))
      throw new CheckpointError(`fit: the checkpoint's ${name} must be float32`);
    return data;
  };
  const optimizer: Float32Array[] = [];
  for (let data = vector(optimizerName(0)); data !== undefined; data = vector(optimizerName(optimizer.length)))
    optimizer.push(data);
  const raw = vector(PARAMETERS);
  return { step: saved.step, history: saved.history, optimizer, parameters: raw ?? flat(), ...(raw && { average: flat() }) };
};
