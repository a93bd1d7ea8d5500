/** @file The command line: experiments from papers, with expected and obtained results. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CommonOptions,
  commandLine,
  finite,
  integer,
  optionName,
  outputOf,
  type Program,
  parseSize,
  positive,
  type Size,
  UsageError,
  withCommonOptions,
  withErrorLines,
} from '@neural-fields/app-kit';
import { Command, Option } from 'commander';
import { experiments } from './experiments.ts';
import { type OwnValues, ownOptionsOf } from './frame/own-options.ts';
import { findExperiments, listExperiments, runnableExperiments, runReproduce } from './run-reproduce.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The options as commander gives them. */
interface ReproduceCommandOptions extends CommonOptions {
  readonly profile: 'quick' | 'paper';
  readonly output?: string;
  readonly restart?: boolean;
  readonly force?: boolean;
  readonly checkpointEvery: number;
  readonly image?: string;
  readonly images?: string;
  readonly audio?: string;
  readonly shape?: string;
  readonly data?: string;
  readonly networks?: readonly string[];
  readonly size?: Size;
  readonly steps?: number;
  readonly hiddenFeatures?: number;
  readonly learningRate?: number;
  readonly seed?: number;
}

/** How the program is called, for its help and its report. */
export interface Invocation {
  /** E.g. `neural-fields reproduce`; messages begin with its first word. */
  readonly invokedAs: string;
  /** The arguments after it. */
  readonly args: readonly string[];
}

const action = async (names: readonly string[], options: ReproduceCommandOptions, command: string): Promise<void> => {
  const output = outputOf(options);
  if (names.includes('list')) {
    if (names.length > 1) throw new UsageError({ what: 'list', problem: 'it excludes the names of experiments' });
    listExperiments(output);
    return;
  }
  const { profile, restart = false, output: folder = join('out', `reproduce-${profile}`) } = options;
  const given = new Map<string, unknown>(Object.entries(options));
  const own = Object.fromEntries(ownOptionsOf(experiments).map(({ name }) => [name, given.get(name)])) as OwnValues;
  const found = findExperiments(names);
  const chosen = names.includes('all') ? runnableExperiments(found, output) : found;
  await runReproduce(chosen, { ...options, own, folder, restart, command }, output);
};

/** The program. */
export const createProgram = ({ invokedAs, args }: Invocation): Program => {
  const name = invokedAs.split(' ')[0] as string;
  const command = withErrorLines(new Command(invokedAs), name)
    .description('Run experiments of papers, and compare the results with the published ones.')
    .version(version)
    .argument('<experiments...>', 'list, all, or the names of experiments')
    .addOption(
      new Option('--profile <name>', 'quick takes minutes on two cores; paper has the published size')
        .choices(['quick', 'paper'])
        .default('quick'),
    )
    .option('-o, --output <folder>', 'the folder to write (default: out/reproduce-quick or out/reproduce-paper)')
    .option('--restart', 'deletes earlier results of these experiments; without it, they are resumed')
    .option('--force', 'writes to a folder with other files, and overwrites those with the names of results')
    .option('--checkpoint-every <seconds>', 'seconds between checkpoints', positive, 30)
    .optionsGroup('Instead of the settings of the profile:')
    .option('--image <file>', 'your own image')
    .option('--images <folder>', 'your own images, for the experiments on several')
    .option('--audio <file>', 'your own sound (WAV)')
    .option('--shape <file>', 'your own mesh (PLY, OBJ, STL)')
    .option('--data <file>', "signals at receivers (MATLAB): data_cylinder_5.mat of the SIREN paper's authors")
    .option('--networks <names>', 'only these networks, separated by commas', text => text.split(','))
    .option(
      '--size <size>',
      'pixels, as WIDTHxHEIGHT or the longest side; points along a side; samples of a sound; signals to learn from',
      parseSize,
    )
    .option('--steps <n>', 'updates of each fit', integer(1))
    .option('--hidden-features <n>', 'width of the hidden layers', integer(1, 65_536))
    .option('--learning-rate <number>', 'learning rate of all networks', positive)
    .option('--seed <number>', 'seed of the initial parameters and of random points (default: 0)', finite)
    .optionsGroup('For some experiments:');
  for (const { name, option, takenBy } of ownOptionsOf(experiments))
    command.option(`--${optionName(name)} ${option.argument}`, `${option.what} (${takenBy.join(', ')})`, option.parse);
  command.optionsGroup('Output:');
  withCommonOptions(command).action((names: readonly string[], options: ReproduceCommandOptions) =>
    action(names, options, commandLine(invokedAs, args)),
  );
  return { name, command };
};
