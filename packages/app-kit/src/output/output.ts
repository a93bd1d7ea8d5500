/**
 * @file Where the program writes: results to stdout, everything else to stderr, so that `neural-fields ... > file`
 * contains only results.
 */
import { escapeJson, escapeLine } from './escape.ts';
import { writeTo } from './streams.ts';

/** How much is written, and in which form. */
export interface OutputOptions {
  /** One JSON object per line on stdout, and no text besides. */
  readonly json?: boolean;
  /** Results, warnings and errors only. */
  readonly quiet?: boolean;
  /** Where results go; stderr if stdout carries the bytes of a file. */
  readonly results?: 'stdout' | 'stderr';
}

/**
 * Writes the output of a command. Lines may quote untrusted text: characters that a terminal would interpret are
 * escaped.
 */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Reports what is being done. */
  log(line: string): void;
  /** Reports a problem that does not stop the work. */
  warn(line: string): void;
  /** Writes what the command was asked for. */
  result(line: string): void;
  /** Writes the same for programs. */
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
