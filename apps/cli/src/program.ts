/** @file The command line. */
import { readFileSync } from 'node:fs';
import {
  describeError,
  escapeJson,
  escapeLine,
  escapeLines,
  exitCodeOf,
  exitCodes,
  InterruptedError,
  isExpected,
  writeTo,
} from '@neural-fields/app-kit';
import { Command, CommanderError } from 'commander';
import { addDemoCommand } from './commands/demo.ts';
import { addExportCommand } from './commands/export.ts';
import { addFitCommand } from './commands/fit.ts';
import { addInfoCommand } from './commands/info.ts';
import { addMeshCommand } from './commands/mesh.ts';
import { addRenderCommand } from './commands/render.ts';
import { addReproduceCommand } from './commands/reproduce.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };

const createProgram = (): Command => {
  const program = new Command('neural-fields')
    .description('Neural fields: networks that map coordinates to the values of a picture, a sound or the distance from a shape.')
    .version(version)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${escapeLine(
            text
              .trim()
              .replace(/^error: /, 'neural-fields: ')
              .replaceAll('\n', ' '),
          )}\n`,
        ),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 bad input or a failed fit, 2 bad usage, 74 output not writable, 129 terminal closed,\n' +
        '130 stopped by Ctrl-C, 141 reader of the output gone, 143 stopped by kill.\n' +
        'neural-fields <command> --help describes the options of a command.',
    );
  addFitCommand(program);
  addRenderCommand(program);
  addMeshCommand(program);
  addInfoCommand(program);
  addExportCommand(program);
  addDemoCommand(program);
  addReproduceCommand(program);
  return program;
};

const report = (error: unknown, args: readonly string[]): void => {
  if (error instanceof InterruptedError) return; // the command has said what is left
  if (args.includes('--json')) writeTo('stdout', `${escapeJson({ event: 'error', message: describeError(error) })}\n`);
  const unexpected = isExpected(error) ? '' : 'unexpected error: ';
  const hint = isExpected(error) || args.includes('--verbose') ? '' : ' (--verbose shows where)';
  writeTo('stderr', `neural-fields: ${unexpected}${escapeLine(describeError(error))}${hint}\n`);
  if (args.includes('--verbose') && error instanceof Error) writeTo('stderr', `${escapeLines(`${error.stack}`)}\n`);
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
    return exitCodes.success;
  } catch (error) {
    // Commander has written its message; help and version end with the code 0, and so does help that was asked for by naming no command.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    report(error, args);
    return exitCodeOf(error);
  }
};
