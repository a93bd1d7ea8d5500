/** @file The command line. */
import { readFileSync } from 'node:fs';
import { type Program, withErrorLines } from '@neural-fields/app-kit';
import { Command } from 'commander';
import { addAppCommands } from './apps.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addExportCommand } from './commands/export.ts';
import { addFitCommand } from './commands/fit.ts';
import { addInfoCommand } from './commands/info.ts';
import { addMeshCommand } from './commands/mesh.ts';
import { addRenderCommand } from './commands/render.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const NAME = 'neural-fields';

/** The program with all of its commands. */
export const createProgram = (): Program => {
  const command = withErrorLines(new Command(NAME), NAME)
    .description(
      'Neural fields: networks that map coordinates to the values of a picture, a sound or the distance from a shape.',
    )
    .version(version)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 bad input or a failed fit, 2 bad usage, 74 output not writable, 129 terminal closed,\n' +
        '130 stopped by Ctrl-C, 141 reader of the output gone, 143 stopped by kill.\n' +
        'neural-fields <command> --help describes the options of a command.',
    );
  addFitCommand(command);
  addRenderCommand(command);
  addMeshCommand(command);
  addInfoCommand(command);
  addExportCommand(command);
  addDemoCommand(command);
  addAppCommands(command);
  return { name: NAME, command };
};
