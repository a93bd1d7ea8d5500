/** @file What the commands have in common: how options are read, and how a run is stopped. */
import { InvalidArgumentError } from 'commander';
import { InterruptedError } from '../errors.ts';
import type { Progress } from '../progress.ts';

/** An integer of at least `minimum`. @throws InvalidArgumentError */
export const integer = (text: string, minimum: number): number => {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(Number.isSafeInteger(value) && value >= minimum))
    throw new InvalidArgumentError(`It must be an integer of at least ${minimum}.`);
  return value;
};

/** Integers with commas, each a multiple of `multiple`. */
export const integers =
  (minimum: number, multiple: number): ((text: string) => number[]) =>
  text =>
    text.split(',').map(part => {
      const value = integer(part, minimum);
      if (value % multiple !== 0) throw new InvalidArgumentError(`Each must be a multiple of ${multiple}.`);
      return value;
    });

/** Names with commas. */
export const namesAmong =
  <T extends string>(all: readonly T[]) =>
  (text: string): readonly T[] =>
    text.split(',').map(part => {
      const found = all.find(name => name === part.trim());
      if (found === undefined) throw new InvalidArgumentError(`They must be among ${all.join(', ')}.`);
      return found;
    });

/** A number above 0. @throws InvalidArgumentError */
export const positive = (text: string): number => {
  const value = Number(text);
  if (!(Number.isFinite(value) && value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
};

const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** The command line as it was given, for reports. */
export const commandLine = (): string => ['npm run bench --', ...process.argv.slice(2).map(quote)].join(' ');

/** What `--python` takes. */
export const PYTHON_HELP =
  'a Python that has what PyTorch and JAX need; by default environments are made in out/bench-python';

/** Is aborted with an {@link InterruptedError} by the first SIGINT or SIGTERM. */
export const stoppedBySignals = (progress: Pick<Progress, 'log'>): AbortSignal => {
  const controller = new AbortController();
  const stop = (name: 'SIGINT' | 'SIGTERM') => (): void => {
    progress.log('stopping; what was measured is written');
    controller.abort(new InterruptedError(name));
  };
  // The second signal finds no listener, and ends the program on the spot.
  process.once('SIGINT', stop('SIGINT')).once('SIGTERM', stop('SIGTERM'));
  return controller.signal;
};
