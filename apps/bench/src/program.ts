/** @file The command line. */
import { Command, CommanderError } from 'commander';
import { addFieldsCommand } from './commands/fields.ts';
import { addSpeedCommand } from './commands/speed.ts';
import { exitCodeOf, InputError, InterruptedError, UsageError } from './errors.ts';

const createProgram = (): Command => {
  const program = new Command('bench')
    .description('Measures neural fields against other programs, on this machine.')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, 'bench: ')
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .addHelpText('after', '\nExit codes: 0 done, 1 nothing could be measured, 2 bad usage, 130 stopped by Ctrl-C.');
  addSpeedCommand(program);
  addFieldsCommand(program);
  return program;
};

/**
 * Runs the program.
 *
 * @param args without the interpreter and the script
 * @returns the exit code
 */
export const runProgram = async (args: readonly string[]): Promise<number> => {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has written its message; help and version end with the code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof InterruptedError) return exitCodeOf(error); // the command has said what is left
    const expected = error instanceof UsageError || error instanceof InputError;
    const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
    process.stderr.write(`bench: ${expected ? '' : 'unexpected error: '}${text}\n`);
    return exitCodeOf(error);
  }
};
