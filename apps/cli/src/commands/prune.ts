/** @file `neural-fields prune`: makes a field smaller. */
import {
  type CommonOptions,
  finite,
  helpExamples,
  integer,
  outputOf,
  positive,
  withCommonOptions,
} from '@neural-fields/app-kit';
import { fieldPrecisions } from '@neural-fields/core/files';
import { type CriterionName, criteria, type RankingScope } from '@neural-fields/pruning';
import { type Command, Option } from 'commander';
import { parseBytes } from '../options/bytes.ts';
import { addCheckpointOptions } from '../options/checkpoint.ts';
import { type PruneFileOptions, pruneFile } from '../pruning/prune-file.ts';
import { parseBatch } from '../settings/fit-settings.ts';

/** The options as commander gives them. */
type PruneCommandOptions = CommonOptions & Omit<PruneFileOptions, 'output'> & { readonly output?: string };

const DEFAULT_CRITERION: CriterionName = 'outgoing';
const DEFAULT_SCOPE: RankingScope = 'global';
const DEFAULT_STEPS = 100;

const defaultOutput = (path: string): string => `${path.replace(/\.(safetensors|checkpoint)$/, '')}.pruned.safetensors`;

/** Adds the command. */
export const addPruneCommand = (program: Command): void => {
  const command = program
    .command('prune')
    .description(
      'Make a field smaller: hidden units, input frequencies and grid levels that matter least are removed in rounds. ' +
        'With --signal the field is fitted on after each round; without it, a bound on the change is printed.',
    )
    .argument('<field>', 'the field file, or a checkpoint')
    .option('-o, --output <file>', 'the file to write; <field>.pruned.safetensors if absent')
    .option('--signal <file>', 'the picture, sound or shape that was fitted')
    .option('--parameters <count>', 'prunes to at most so many parameters', integer(1))
    .option('--size <bytes>', 'prunes to a file of at most so many bytes, e.g. 40kB', parseBytes)
    .option('--psnr <dB>', 'prunes as long as the PSNR is at least so high', positive)
    .addOption(
      new Option('--criterion <name>', 'which units matter least')
        .choices(Object.keys(criteria))
        .default(DEFAULT_CRITERION),
    )
    .addOption(
      new Option('--scope <scope>', 'compares units of all layers, or prunes all layers alike')
        .choices(['global', 'layer'])
        .default(DEFAULT_SCOPE),
    )
    .option('--rounds <count>', 'the number of rounds; 8, with --psnr at most 30', integer(1))
    .option('--steps <count>', 'the steps of the fit after each round', integer(1), DEFAULT_STEPS)
    .option('--final-steps <count>', 'the steps after the last round; 4 times as many', integer(1))
    .option('--learning-rate <rate>', 'that of Adam; a quarter of that of the fit if absent', positive)
    .option('--batch <count>', 'random points a step, or full for all (default: 16384, for shapes 2800)', parseBatch)
    .option('--seed <number>', 'the seed for random choices', finite, 0)
    .addOption(
      new Option('--precision <name>', "matrices of the file (default: that of the field's file)").choices([
        ...fieldPrecisions,
      ]),
    )
    .option('-f, --force', 'overwrites a file that this program did not write');
  addCheckpointOptions(command.optionsGroup('Checkpoint, with --signal and a budget:')).addHelpText(
    'after',
    helpExamples([
      ['neural-fields prune p.safetensors --signal p.jpg --parameters 20000', 'a budget'],
      ['neural-fields prune p.safetensors --signal p.jpg --psnr 35', 'a quality'],
      ['neural-fields prune p.safetensors --size 40kB', 'at once, with a bound'],
    ]),
  );
  withCommonOptions(command).action(async (path: string, options: PruneCommandOptions): Promise<void> => {
    await pruneFile(path, { ...options, output: options.output ?? defaultOutput(path) }, outputOf(options));
  });
};
