/** @file Runs a program, from its arguments to its exit code: the same way for all of them. */
import { type Command, CommanderError } from 'commander';
import { describeError, exitCodeOf, explanationOf, InterruptedError, isExpected, ReportedError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { helpLayout } from './options/help-layout.ts';
import { escapeJson, escapeLine, escapeLines } from './output/escape.ts';
import { streamLoss, watchStreams, writeTo } from './output/streams.ts';

const COMMANDER_PREFIX = 'error: ';

/** What is wrong with the arguments, taken from commander's message, since commander has no fields for it. */
const commanderProblem = (text: string): string => {
  const line = text.trim().replaceAll('\n', ' ');
  return line.startsWith(COMMANDER_PREFIX) ? line.slice(COMMANDER_PREFIX.length) : line;
};

/**
 * Makes commander throw where it would exit, report errors in one line, and fit the help to the width of the terminal.
 * Call it before commands are added: they inherit it.
 */
export const withErrorLines = (command: Command, name: string): Command =>
  command
    .exitOverride()
    .configureHelp(helpLayout)
    .configureOutput({
      outputError: (text, write) => write(`${name}: ${escapeLine(commanderProblem(text))}\n`),
    });

/** How an error is reported. */
export interface ReportOptions {
  /** What messages begin with. */
  readonly name: string;
  readonly json: boolean;
  /** Show the stack trace. */
  readonly verbose: boolean;
  /** Which of several files the error is about, for `--json`. */
  readonly file?: string;
}

const errorEvent = (data: Readonly<Record<string, unknown>>): string => `${escapeJson({ event: 'error', ...data })}\n`;

/** Reports an error in one line on stderr, and with `json` as an event on stdout too. */
export const reportError = (error: unknown, { name, json, verbose, file }: ReportOptions): void => {
  const about = file === undefined ? {} : { file };
  if (json) writeTo('stdout', errorEvent({ ...about, message: describeError(error), ...explanationOf(error) }));
  const unexpected = isExpected(error) ? '' : 'unexpected error: ';
  const hint = isExpected(error) || verbose ? '' : ' (--verbose shows where)';
  writeTo('stderr', `${name}: ${unexpected}${escapeLine(describeError(error))}${hint}\n`);
  if (verbose && error instanceof Error) writeTo('stderr', `${escapeLines(`${error.stack}`)}\n`);
};

/** What is run. */
export interface Program {
  /** What messages begin with, e.g. `neural-fields`. */
  readonly name: string;
  /** The command line, set up by {@link withErrorLines}. */
  readonly command: Command;
}

/**
 * Runs a program and reports what goes wrong.
 *
 * @param args without the interpreter and the script
 * @returns the exit code
 */
export const runProgram = async ({ name, command }: Program, args: readonly string[]): Promise<number> => {
  try {
    await command.parseAsync(args, { from: 'user' });
    return exitCodes.success;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version exit with the code 0, and so does the help that is shown when no command is named.
      if (error.exitCode === 0) return exitCodes.success;
      // Commander has written its message to stderr.
      const problem = commanderProblem(error.message);
      if (args.includes('--json')) writeTo('stdout', errorEvent({ message: problem, problem }));
      return exitCodes.usage;
    }
    // The command has already reported what is left of an interrupted run.
    if (!(error instanceof InterruptedError || error instanceof ReportedError))
      reportError(error, { name, json: args.includes('--json'), verbose: args.includes('--verbose') });
    return exitCodeOf(error);
  }
};

/**
 * Runs a program as the current process, with its streams watched, so that the loss of one leads to the right exit
 * code.
 */
export const runAsProcess = async (program: Program, args: readonly string[]): Promise<void> => {
  watchStreams(program.name);
  // The loss of a stream may come to light only after the last write of a run.
  process.on('exit', () => {
    const loss = streamLoss();
    if (loss !== undefined && (process.exitCode ?? exitCodes.success) === exitCodes.success)
      process.exitCode = exitCodeOf(loss);
  });
  // Not process.exit, which would lose what is still in the pipes.
  process.exitCode = await runProgram(program, args);
};
