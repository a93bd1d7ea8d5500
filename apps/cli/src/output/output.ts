/** @file Where what the program says goes: results to stdout, everything else to stderr, so that `neural-fields ... > file` holds results alone. */

/** How much is said, and in which form. */
export interface OutputOptions {
  /** One JSON object a line on stdout, and no text beside it. */
  readonly json?: boolean;
  /** Results, warnings and errors only. */
  readonly quiet?: boolean;
}

/** What a command writes with. */
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

export const createOutput = ({ json = false, quiet = false }: OutputOptions): Output => ({
  json,
  quiet,
  log: line => {
    if (!json && !quiet) process.stderr.write(`${line}\n`);
  },
  warn: line => {
    process.stderr.write(`warning: ${line}\n`);
  },
  result: line => {
    if (!json) process.stdout.write(`${line}\n`);
  },
  event: (event, data) => {
    if (json) process.stdout.write(`${JSON.stringify({ event, ...data })}\n`);
  },
});
