/**
 * @file The checkpoint of a fit: a file beside the output. One that belongs to another run is never overwritten unless
 * requested.
 */
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import {
  CheckpointError,
  type CheckpointStore,
  type Checkpoint as DecodedCheckpoint,
  decodeCheckpoint,
} from '@neural-fields/core';
import { FieldFileError, SafetensorsError } from '@neural-fields/core/files';
import { FileError, fileCheckpointStore } from '@neural-fields/core/node';
import { explainedWithin, InputError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import { integerIn, parseRecord, stringsIn } from '../signals/json-fields.ts';
import { extensions } from './extensions.ts';

/**
 * What happens to an existing checkpoint. `auto`: it is resumed if it belongs to the same run, and an error otherwise.
 * `require`: there must be one. `never`: there must be none. `restart`: it is deleted.
 */
export type ResumePolicy = 'auto' | 'require' | 'never' | 'restart';

/** The metadata key under which core stores the run in a checkpoint. */
const RUN_KEY = 'fit';

/** What a checkpoint says about its run. */
export interface CheckpointRun {
  readonly step: number;
  readonly identity: Readonly<Record<string, string>>;
}

/** The run in a file's metadata; `undefined` when the file is not a checkpoint, or is damaged. */
export const readRun = (metadata: Readonly<Record<string, string>>): CheckpointRun | undefined => {
  const text = metadata[RUN_KEY];
  if (text === undefined) return undefined;
  try {
    const { step, identity } = parseRecord(text);
    return { step: integerIn('step', step, 0, Number.MAX_SAFE_INTEGER), identity: stringsIn('identity', identity) };
  } catch {
    return undefined;
  }
};

/** The checkpoint of a run. */
export interface Checkpoint {
  readonly path: string;
  readonly store: CheckpointStore;
  /** The step to resume from; 0 if there is nothing to resume. */
  readonly step: number;
  /** The decoded checkpoint to resume from; `undefined` if there is none. */
  readonly resume: DecodedCheckpoint | undefined;
  /** Why the last write failed; `undefined` if it did not. */
  readonly failure: () => string | undefined;
  /** Removes the file when it is no longer needed. */
  remove(): Promise<void>;
}

/** Whether an error says that bytes are not a checkpoint from which a fit can resume. */
export const isCheckpointProblem = (error: unknown): error is Error =>
  error instanceof CheckpointError || error instanceof SafetensorsError || error instanceof FieldFileError;

/** Decodes a checkpoint. @throws InputError when the bytes are not a checkpoint, or a damaged one */
const decode = (path: string, bytes: Uint8Array): DecodedCheckpoint => {
  try {
    return decodeCheckpoint(bytes, extensions);
  } catch (error) {
    if (!isCheckpointProblem(error)) throw error;
    const hint = 'remove it, or name another file with --checkpoint';
    if (error instanceof CheckpointError && error.problem === 'no-state')
      throw new InputError({ what: `'${path}'`, problem: 'the file is not a checkpoint', hint }, { cause: error });
    const explanation = explainedWithin(`'${path}' cannot be read as a checkpoint`, error);
    throw new InputError({ ...explanation, hint }, { cause: error });
  }
};

/**
 * A store whose failed writes do not end the run: the disk may have room again later, and the work would be lost.
 */
export const tolerantStore = (path: string, output: Output): Pick<Checkpoint, 'store' | 'failure'> => {
  const file = fileCheckpointStore(path);
  let failure: string | undefined;
  return {
    failure: () => failure,
    store: {
      read: () => file.read(),
      write: async bytes => {
        try {
          await file.write(bytes);
          failure = undefined;
        } catch (error) {
          if (!(error instanceof FileError)) throw error;
          if (failure === undefined)
            output.warn(`the checkpoint cannot be written; the fit continues without it: ${error.message}`);
          failure = error.message;
        }
      },
    },
  };
};

/**
 * Opens the checkpoint of a run.
 *
 * @param steps the run's number of steps: a checkpoint beyond it is refused. Absent if the checkpoint determines it
 * @throws InputError when what is at `path` does not fit the policy, or is not a checkpoint
 */
export const openCheckpoint = async (
  path: string,
  { policy, steps }: { readonly policy: ResumePolicy; readonly steps: number | undefined },
  output: Output,
): Promise<Checkpoint> => {
  const remove = async (): Promise<void> => {
    if (existsSync(path)) await unlink(path);
  };
  const checkpoint = { path, remove, ...tolerantStore(path, output) };
  const bytes = await checkpoint.store.read();
  if (bytes === undefined) {
    if (policy === 'require') throw new InputError({ what: '--resume', problem: `there is no checkpoint '${path}'` });
    return { ...checkpoint, step: 0, resume: undefined };
  }
  const resume = decode(path, bytes);
  const { step } = resume;
  if (policy === 'never')
    throw new InputError({
      what: '--no-resume',
      problem: `there is a checkpoint '${path}'`,
      hint: '--restart deletes it and starts again',
    });
  if (policy === 'restart') {
    await remove();
    return { ...checkpoint, step: 0, resume: undefined };
  }
  if (steps !== undefined && step > steps)
    throw new InputError({
      what: `--steps ${steps}`,
      problem: `the checkpoint '${path}' is at step ${step} already`,
      hint: '--restart deletes it and starts again',
    });
  return { ...checkpoint, step, resume };
};
