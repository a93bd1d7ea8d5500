/** @file A command as it was given, to be shown and run again. */

const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** A program and its arguments, quoted as one line for a shell. */
export const commandLine = (program: string, args: readonly string[]): string =>
  [program, ...args.map(quote)].join(' ');
