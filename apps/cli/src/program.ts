/** @file The command line. */
import { readFileSync } from 'node:fs';
import { helpExamples, type Program, withErrorLines } from '@neural-fields/app-kit';
import { Command } from 'commander';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const NAME = 'neural-fields';

/** What adds each command, in the order of the help. A command's code is loaded when it is called. */
const commands: ReadonlyMap<string, () => Promise<(program: Command) => void>> = new Map(
  Object.entries({
    fit: async () => (await import('./commands/fit.ts')).addFitCommand,
    render: async () => (await import('./commands/render.ts')).addRenderCommand,
    mesh: async () => (await import('./commands/mesh.ts')).addMeshCommand,
    info: async () => (await import('./commands/info.ts')).addInfoCommand,
    report: async () => (await import('./commands/report.ts')).addReportCommand,
    spectrum: async () => (await import('./commands/spectrum.ts')).addSpectrumCommand,
    prune: async () => (await import('./commands/prune.ts')).addPruneCommand,
    prior: async () => (await import('./commands/prior.ts')).addPriorCommand,
    export: async () => (await import('./commands/export.ts')).addExportCommand,
    list: async () => (await import('./commands/list.ts')).addListCommand,
    demo: async () => (await import('./commands/demo.ts')).addDemoCommand,
    reproduce: async () => (await import('./apps.ts')).addAppCommands,
    completion: async () => (await import('./commands/completion.ts')).addCompletionCommand,
  }),
);

/** The commands that the arguments need: the one that they name, none for the version, and all for anything else. */
const neededFor = ([first]: readonly string[]): readonly (() => Promise<(program: Command) => void>)[] => {
  const named = first === undefined ? undefined : commands.get(first);
  if (named && first !== 'completion') return [named];
  return first === '--version' || first === '-V' ? [] : [...commands.values()];
};

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

/** The program, with the commands that the arguments need. */
export const createProgram = async (args: readonly string[]): Promise<Program> => {
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
  for (const load of neededFor(args)) (await load())(command);
  return { name: NAME, command };
};
