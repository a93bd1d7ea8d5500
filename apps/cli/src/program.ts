/** @file The command line. */
import { readFileSync } from 'node:fs';
import { helpExamples, type Program, withErrorLines } from '@neural-fields/app-kit';
import { Command } from 'commander';
import { addAppCommands } from './apps.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addExportCommand } from './commands/export.ts';
import { addFitCommand } from './commands/fit.ts';
import { addInfoCommand } from './commands/info.ts';
import { addListCommand } from './commands/list.ts';
import { addMeshCommand } from './commands/mesh.ts';
import { addPriorCommand } from './commands/prior.ts';
import { addPruneCommand } from './commands/prune.ts';
import { addRenderCommand } from './commands/render.ts';
import { addReportCommand } from './commands/report.ts';
import { addSpectrumCommand } from './commands/spectrum.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const NAME = 'neural-fields';

const EXIT_CODES = [
  'Exit codes:',
  '  0    done',
  '  1    bad input, or a fit that failed',
  '  2    bad usage',
  '  74   stdout or stderr cannot be written',
  '  129  the terminal was closed',
  '  130  stopped by Ctrl-C',
  '  141  the reader of the output is gone',
  '  143  stopped by kill',
].join('\n');

/** The program with all its commands. */
export const createProgram = (): Program => {
  const command = withErrorLines(new Command(NAME), NAME)
    .description(
      'Neural fields: networks that map coordinates to the values of a picture, a sound or the distance from a shape.',
    )
    .version(version)
    .addHelpText(
      'after',
      `${helpExamples([
        ['neural-fields fit photo.jpg -o photo.safetensors', 'a photograph becomes a field'],
        ['neural-fields render photo.safetensors -o p.png', 'the field becomes a picture'],
        ['neural-fields fit --help', 'the options of a command'],
      ])}\n\n${EXIT_CODES}`,
    );
  addFitCommand(command);
  addRenderCommand(command);
  addMeshCommand(command);
  addInfoCommand(command);
  addReportCommand(command);
  addSpectrumCommand(command);
  addPruneCommand(command);
  addPriorCommand(command);
  addExportCommand(command);
  addListCommand(command);
  addDemoCommand(command);
  addAppCommands(command);
  addCompletionCommand(command);
  return { name: NAME, command };
};
