/** @file `neural-fields demo`: shows what the program can do, on a bundled photograph. */
import { join } from 'node:path';
import {
  type CommonOptions,
  commandLine,
  helpExamples,
  integer,
  outputOf,
  positive,
  withCommonOptions,
} from '@neural-fields/app-kit';
import type { ResumePolicy } from '@neural-fields/app-kit/fitting';
import type { Command } from 'commander';
import { parseBatch } from '../settings/fit-settings.ts';

/** The options as commander gives them. */
interface DemoCommandOptions extends CommonOptions {
  readonly out: string;
  readonly size?: number;
  readonly steps?: number;
  readonly hiddenFeatures?: number;
  readonly hiddenLayers?: number;
  readonly batch?: 'full' | number;
  readonly learningRate?: number;
  readonly checkpointEvery: number;
  readonly restart?: boolean;
  readonly force?: boolean;
}

const DEFAULT_FOLDER = join('out', 'alpine-landscape');

const action = async (options: DemoCommandOptions): Promise<void> => {
  // Imported lazily, so that the other commands do not load the plotting code.
  const { runDemo } = await import('../demo/run-demo.ts');
  const policy: ResumePolicy = options.restart ? 'restart' : 'auto';
  const command = commandLine('neural-fields', process.argv.slice(2));
  await runDemo({ ...options, policy, command }, outputOf(options));
};

/** Adds the command. */
export const addDemoCommand = (program: Command): void => {
  const command = program
    .command('demo')
    .description('Fit a field to a photograph, and write a page that shows what it has learned.')
    .option('--out <folder>', 'the folder to write', DEFAULT_FOLDER)
    .option('--restart', 'deletes the checkpoint of a stopped run and starts again')
    .option(
      '-f, --force',
      'writes into a folder that holds other files, and overwrites those with the names of results',
    )
    .option('--checkpoint-every <seconds>', 'seconds between checkpoints', positive, 10)
    .optionsGroup('Size (by default what the backend does in about a minute):')
    .option('--size <n>', 'pixels a side of the picture that is fitted', integer(8))
    .option('-s, --steps <n>', 'steps', integer(1))
    .option('--hidden-features <n>', 'width of the hidden layers', integer(1, 65_536))
    .option('--hidden-layers <n>', 'hidden-to-hidden layers', integer(0, 1_000))
    .option('-b, --batch <n>', 'random pixels in a step, or full for all', parseBatch)
    .option('--lr, --learning-rate <number>', 'learning rate', positive)
    .optionsGroup('Output:');
  withCommonOptions(command)
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields demo', 'about a minute; then open out/alpine-landscape/index.html'],
        ['neural-fields demo --out demo --steps 2000', 'a sharper picture'],
      ]),
    )
    .action(action);
};
