/** @file Errors that a user can do something about, and the description of any error: as fields, and in one line. */
import { ExplainedError, PointDataError } from '@neural-fields/core';
import { FileError, systemErrorReason } from '@neural-fields/core/node';
import { exitCodes } from './exit-codes.ts';
import { type Explanation, explanationLine, explanationWithin } from './explanation.ts';
import { optionName } from './option-name.ts';

/** An error with an explanation, from which its message is composed. */
abstract class UserError extends Error {
  readonly explanation: Explanation;

  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(explanationLine(explanation), options);
    this.explanation = explanation;
  }
}

/** The command line is wrong. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
}

/** A file, a folder or a result cannot be used. */
export class InputError extends UserError {
  override readonly name = 'InputError';
}

/** The errors have already been reported, e.g. those of some of several files; the program then fails. */
export class ReportedError extends Error {
  override readonly name = 'ReportedError';
}

/** What stops a run from outside: a signal, or stdout or stderr, when its reader closes it or it cannot be written. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'closed-output' | 'failed-output';

/** The run was stopped from outside; the work done so far is saved. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly reason: StopReason;

  constructor(reason: StopReason, message: string = `stopped by ${reason}`) {
    super(message);
    this.reason = reason;
  }
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim();

/**
 * Explains what the system refused, with the name of the file; `undefined` for other errors, and for those that no user
 * can do anything about.
 */
const explainRefusal = (error: unknown): Explanation | undefined => {
  if (!(error instanceof Error && 'syscall' in error)) return undefined;
  const problem = systemErrorReason(error);
  if (problem === error.message) return undefined;
  return { what: 'path' in error && typeof error.path === 'string' ? `'${error.path}'` : undefined, problem };
};

/** Whether an error is self-explanatory, so that a stack trace would add nothing. */
export const isExpected = (error: unknown): boolean =>
  [UserError, ExplainedError, FileError, PointDataError].some(type => error instanceof type) ||
  explainRefusal(error) !== undefined;

/** An error as fields. */
export const explanationOf = (error: unknown): Explanation => {
  if (error instanceof UserError) return error.explanation;
  if (error instanceof FileError) {
    const { tried, path, reason, note } = error;
    return { what: `cannot ${tried} '${path}'`, problem: note === undefined ? reason : `${reason} (${note})` };
  }
  if (error instanceof ExplainedError) {
    const { path, option } = error.parts;
    return {
      what: path === undefined ? undefined : `'${path}'`,
      problem: oneLine(error.reason),
      hint: option === undefined ? undefined : `specify --${optionName(option)}`,
    };
  }
  if (error instanceof PointDataError) return { problem: error.reason };
  return explainRefusal(error) ?? { problem: oneLine(error instanceof Error ? error.message : String(error)) };
};

/** An error as the reason for a failure, e.g. of `cannot read 'a.json'`. */
export const explainedWithin = (what: string, error: unknown): Explanation =>
  explanationWithin(what, explanationOf(error));

/**
 * An error in one line, except for line breaks in names that our own errors quote: the output escapes those.
 */
export const describeError = (error: unknown): string => explanationLine(explanationOf(error));

const stopCodes: Readonly<Record<StopReason, number>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
  'closed-output': exitCodes.closedOutput,
  'failed-output': exitCodes.failedOutput,
};

/** The exit code for an error. */
export const exitCodeOf = (error: unknown): number => {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof InterruptedError) return stopCodes[error.reason];
  return exitCodes.failure;
};
