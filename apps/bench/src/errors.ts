/** @file Errors that a user can do something about, and the exit codes of the program. */

/** A command line that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A folder or a machine with which the program cannot go on. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The run was stopped from outside; what was measured is written. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly signal: 'SIGINT' | 'SIGTERM';

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/** The exit code that an error leads to; 0 is success. */
export const exitCodeOf = (error: unknown): number => {
  if (error instanceof UsageError) return 2;
  if (error instanceof InterruptedError) return error.signal === 'SIGINT' ? 130 : 143;
  return 1;
};
