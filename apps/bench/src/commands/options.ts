/** @file What the commands have in common: their options, and a run that Ctrl-C can stop. */
import { join } from 'node:path';
import { commandLine, createOutput, integer, listenForInterrupt, type Output, positive } from '@neural-fields/app-kit';
import { type Command, InvalidArgumentError } from 'commander';
import { setUpFolder } from '../files.ts';
import { createRunProgress } from '../progress.ts';
import type { PeerDefinition } from '../speed/peers.ts';
import type { RunSettings } from '../speed/run-frame.ts';

/** Parses comma-separated integers, each a multiple of `multiple`. */
export const integers =
  (minimum: number, multiple: number) =>
  (text: string): number[] =>
    text.split(',').map(part => {
      const value = integer(minimum)(part);
      if (value % multiple !== 0) throw new InvalidArgumentError(`Each must be a multiple of ${multiple}.`);
      return value;
    });

/** Parses comma-separated names. */
export const namesAmong =
  <T extends string>(all: readonly T[]) =>
  (text: string): readonly T[] =>
    text.split(',').map(part => {
      const found = all.find(name => name === part.trim());
      if (found === undefined) throw new InvalidArgumentError(`They must be among ${all.join(', ')}.`);
      return found;
    });

/** The values of the options that every command has. */
export interface RunOptions {
  readonly peers?: readonly string[];
  readonly rounds?: number;
  readonly stepLimit?: number;
  readonly output: string;
  readonly force?: boolean;
  readonly python?: string;
  readonly quiet?: boolean;
}

/**
 * Adds the options of commands that time steps.
 *
 * @param peers all peers that may be named
 * @param output the default output folder
 */
export const withRunOptions = (command: Command, peers: readonly PeerDefinition[], output: string): Command =>
  withFrameOptions(
    command
      .option('--rounds <n>', 'how often each peer is timed', integer(1))
      .option('--step-limit <seconds>', 'the longest step that is timed', positive),
    peers,
    output,
  );

/** Adds the options of every command: which peers take part, and where results go. See {@link withRunOptions}. */
export const withFrameOptions = (command: Command, peers: readonly PeerDefinition[], output: string): Command => {
  const names = peers.map(({ name }) => name);
  return command
    .option('--peers <list>', `among ${names.join(', ')}`, namesAmong(names))
    .option('--output <folder>', 'the folder to write', output)
    .option('--force', 'write into a folder that holds other files, too')
    .option(
      '--python <program>',
      'a Python that has what PyTorch and JAX need; by default environments are made in out/bench-python',
    )
    .option('--quiet', 'results, warnings and errors only')
    .option('--verbose', 'show the stack trace of an error');
};

/** What a command adds to the options for a run. */
export interface RunPlan extends Pick<RunSettings, 'peers' | 'rounds' | 'stepLimit' | 'needsCard'> {
  /** The number of problems that each peer is timed on. */
  readonly cases: number;
  /** The number of units of work for the progress; each peer's start and rounds in each case if absent. */
  readonly turns?: number;
}

/** Runs what a command asks for. Ctrl-C stops the run and writes what was measured so far. */
export const measure = async (
  { output: folder, force = false, python, quiet = false }: RunOptions,
  { cases, turns, ...plan }: RunPlan,
  run: (settings: RunSettings, output: Output) => Promise<void>,
): Promise<void> => {
  const output = createOutput({ quiet });
  const progress = createRunProgress(output, turns ?? cases * plan.peers.length * (1 + plan.rounds));
  const interrupt = listenForInterrupt(() => progress.log('stopping; what was measured is written'));
  try {
    const settings = { ...plan, output: folder, force, python, progress, signal: interrupt.signal };
    const pythonFolder = join(setUpFolder, 'bench-python');
    await run({ ...settings, pythonFolder, command: commandLine('npm run bench --', process.argv.slice(2)) }, output);
  } finally {
    progress.stop();
    interrupt.dispose();
  }
};
