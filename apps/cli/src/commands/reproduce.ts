/** @file `neural-fields reproduce`: experiments of papers, with what was expected beside what was obtained. */
import { join } from 'node:path';
import {
  type CommonOptions,
  finite,
  integer,
  outputOf,
  parseSize,
  positive,
  type Size,
  UsageError,
  withCommonOptions,
} from '@neural-fields/app-kit';
import { type Command, Option } from 'commander';

/** The options as commander gives them. */
interface ReproduceCommandOptions extends CommonOptions {
  readonly profile: 'quick' | 'paper';
  readonly output?: string;
  readonly restart?: boolean;
  readonly force?: boolean;
  readonly checkpointEvery: number;
  readonly image?: string;
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

const quote = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

const action = async (names: readonly string[], options: ReproduceCommandOptions): Promise<void> => {
  // Imported here: the other commands should not wait for the plots.
  const { findExperiments, listExperiments, runReproduce } = await import('../reproduce/run-reproduce.ts');
  const output = outputOf(options);
  if (names.includes('list')) {
    if (names.length > 1) throw new UsageError("'list' stands alone");
    listExperiments(output);
    return;
  }
  const { profile, restart = false, output: folder = join('out', `reproduce-${profile}`) } = options;
  const command = ['neural-fields', ...process.argv.slice(2).map(quote)].join(' ');
  await runReproduce(findExperiments(names), { ...options, folder, restart, command }, output);
};

/** Adds the command. */
export const addReproduceCommand = (program: Command): void => {
  const command = program
    .command('reproduce')
    .description('Run experiments of papers, and compare what they give with what was published.')
    .argument('<experiments...>', 'list, all, or the names of experiments')
    .addOption(
      new Option('--profile <name>', 'quick takes minutes on two processor cores; paper is the published size')
        .choices(['quick', 'paper'])
        .default('quick'),
    )
    .option('-o, --output <folder>', 'the folder to write (default: out/reproduce-quick or out/reproduce-paper)')
    .option('--restart', 'throw away what is there of these experiments and begin anew; without it they go on')
    .option('--force', 'write into a folder that holds other files, and replace those with the names of results')
    .option('--checkpoint-every <seconds>', 'seconds between checkpoints', positive, 30)
    .optionsGroup('In place of what the profile says:')
    .option('--image <file>', 'a picture of your own')
    .option('--audio <file>', 'a sound of your own (WAV)')
    .option('--shape <file>', 'a mesh of your own (PLY, OBJ, STL)')
    .option('--data <file>', "what receivers heard (MATLAB): data_cylinder_5.mat of the SIREN paper's authors")
    .option('--networks <names>', 'only these of the compared networks, with commas between them', text => text.split(','))
    .option('--size <size>', 'pixels, WIDTHxHEIGHT or the longest side; points along a side; samples of a sound', parseSize)
    .option('--steps <n>', 'updates of each fit', integer(1))
    .option('--hidden-features <n>', 'width of the hidden layers', integer(1, 65_536))
    .option('--learning-rate <number>', 'of all networks', positive)
    .option('--seed <number>', 'seed of the initial parameters and of all that is drawn (default: 0)', finite)
    .optionsGroup('Output:');
  withCommonOptions(command).action(action);
};
