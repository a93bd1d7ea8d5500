/** @file Errors that a user can do something about, and how any error is shown: in one line. */
import { ExplainedError } from '@neural-fields/core';
import { systemErrorReason } from '@neural-fields/core/node';
import { exitCodes } from './exit-codes.ts';

/** A command line that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A file, a folder or a result with which the program cannot go on. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** What went wrong has been reported already, e.g. with some of several files; it makes the program fail. */
export class ReportedError extends Error {
  override readonly name = 'ReportedError';
}

/**
 * What stops a run from outside: a signal, the reader of stdout or stderr that goes away, or one of them that cannot be
 * written.
 */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'closed-output' | 'failed-output';

/** The run was stopped from outside; what was done is saved. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly reason: StopReason;

  constructor(reason: StopReason, message: string = `stopped by ${reason}`) {
    super(message);
    this.reason = reason;
  }
}

/** The errors by which the libraries say what is wrong with what the user gave. */
const EXPECTED = new Set([
  'InputError',
  'FileError',
  'ImageError',
  'AudioError',
  'ShapeError',
  'SafetensorsError',
  'FieldFileError',
  'CheckpointError',
  'DivergenceError',
  'PointDataError',
]);

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim();

/**
 * The function that errors of core name at their beginning where they do not say it apart; it says nothing to a user of
 * the program.
 */
const CALLER = /(^|': )(?:[a-z]\w*|field file): /;

/**
 * What the system refused, in words that name the file; `undefined` for other errors, and for those that no user can do
 * anything about.
 */
const describeRefusal = (error: unknown): string | undefined => {
  if (!(error instanceof Error && 'syscall' in error)) return undefined;
  const reason = systemErrorReason(error);
  if (reason === error.message) return undefined;
  return 'path' in error && typeof error.path === 'string' ? `'${error.path}': ${reason}` : reason;
};

/** Whether an error says all that there is to say, so that a stack trace would add nothing. */
export const isExpected = (error: unknown): boolean =>
  error instanceof Error &&
  (EXPECTED.has(error.name) || error instanceof UsageError || describeRefusal(error) !== undefined);

/**
 * An error in one line, apart from line breaks in names that our own errors quote: those are left to be shown as such.
 */
export const describeError = (error: unknown): string => {
  const message = describeRefusal(error) ?? (error instanceof Error ? error.message : String(error));
  if (error instanceof UsageError || error instanceof InputError) return message.trim();
  if (error instanceof ExplainedError)
    return oneLine(error.parts.path === undefined ? error.reason : `'${error.parts.path}': ${error.reason}`);
  return oneLine(message).replace(CALLER, '$1');
};

const stopCodes: Readonly<Record<StopReason, number>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
  'closed-output': exitCodes.closedOutput,
  'failed-output': exitCodes.failedOutput,
};

/** The exit code that an error leads to. */
export const exitCodeOf = (error: unknown): number => {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof InterruptedError) return stopCodes[error.reason];
  return exitCodes.failure;
};
