/** @file The options of commands whose work resumes from a checkpoint. */
import { positive, UsageError } from '@neural-fields/app-kit';
import type { ResumePolicy } from '@neural-fields/app-kit/fitting';
import type { Command } from 'commander';

/** The options as commander gives them. */
export interface CheckpointOptions {
  /** `false` is `--no-checkpoint`; if absent, the path is derived from the output's. */
  readonly checkpoint?: false | string;
  readonly checkpointEvery: number;
  readonly resume?: boolean;
  readonly restart?: boolean;
}

/** Adds the options. */
export const addCheckpointOptions = (command: Command): Command =>
  command
    .option('--checkpoint <file>', 'checkpoint of the run (default: <output>.checkpoint)')
    .option('--no-checkpoint', 'writes no checkpoint')
    .option('--checkpoint-every <seconds>', 'seconds between checkpoints', positive, 30)
    .option('--resume', 'requires a checkpoint to resume from; by default it is resumed if it exists')
    .option('--no-resume', 'stops with an error if there is a checkpoint')
    .option('--restart', 'deletes the checkpoint and starts again');

/** What happens to an existing checkpoint. @throws UsageError when the options exclude each other */
export const policyOf = ({ resume, restart }: CheckpointOptions): ResumePolicy => {
  if (restart && resume !== undefined)
    throw new UsageError({ what: '--restart', problem: `it excludes ${resume ? '--resume' : '--no-resume'}` });
  return restart ? 'restart' : resume === undefined ? 'auto' : resume ? 'require' : 'never';
};

/** The checkpoint's path; `undefined` without one. @throws UsageError when the options exclude each other */
export const checkpointPathOf = (output: string, { checkpoint, resume }: CheckpointOptions): string | undefined => {
  if (checkpoint !== false) return checkpoint ?? `${output}.checkpoint`;
  if (resume === true)
    throw new UsageError({ what: '--resume', problem: 'it needs a checkpoint, which --no-checkpoint excludes' });
  return undefined;
};
