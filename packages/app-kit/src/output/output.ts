/**
 * @file Where what the program says goes: results to stdout, everything else to stderr, so that `neural-fields ... >
 * file` holds results alone.
 */
import { escapeJson, escapeLine } from './escape.ts';
import { writeTo } from './streams.ts';

/** How much is said, and in which form. */
export interface OutputOptions {
  /** One JSON object a line on stdout, and no text beside it. */
  readonly json?: boolean;
  /** Results, warnings and errors only. */
  readonly quiet?: boolean;
  /** Where results go; stderr where stdout has the bytes of a file. */
  readonly results?: 'stdout' | 'stderr';
}

/**
 * What a command writes with. Lines may quote what others wrote: characters that a terminal would obey are shown
 * instead.
 */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** What is being done. */
  log(line: string): void;
  /** What went wrong without stopping the work. */
  warn(line: string): void;
  /** What the command was asked for. */
  result(line: string): void;
  /** The same for programs. */
  event(event: string, data: Readonly<Record<string, unknown>>): void;
}

export const createOutput = ({ json = false, quiet = false, results = 'stdout' }: OutputOptions): Output => ({
  json,
  quiet,
  log: line => {
    if (!json && !quiet) writeTo('stderr', `${escapeLine(line)}\n`);
  },
  warn: line => writeTo('stderr', `warning: ${escapeLine(line)}\n`),
  result: line => {
    if (!json) writeTo(results, `${escapeLine(line)}\n`);
  },
  event: (event, data) => {
    if (json) writeTo('stdout', `${escapeJson({ event, ...data })}\n`);
  },
});
