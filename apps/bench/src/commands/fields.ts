/** @file `bench fields`: how long it takes to train many small fields. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { fieldsPeers } from '../fields/peers.ts';
import { runFields } from '../fields/run-fields.ts';
import { fieldsTable } from '../fields/table.ts';
import { setUpFolder } from '../files.ts';
import { createProgress } from '../progress.ts';
import { commandLine, integer, namesAmong, PYTHON_HELP, positive, stoppedBySignals } from './options.ts';

/** The options as commander gives them. */
interface FieldsCommandOptions {
  readonly fields: number;
  readonly points: number;
  readonly width: number;
  readonly layers: number;
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly stepLimit: number;
  readonly output: string;
  readonly python?: string;
  readonly quiet?: boolean;
}

const action = async (options: FieldsCommandOptions): Promise<void> => {
  const { fields, points, width, layers, rounds, stepLimit, output, python, quiet = false } = options;
  const peers = fieldsPeers.filter(({ name }) => options.peers.includes(name));
  const progress = createProgress(peers.length * (1 + rounds), { quiet });
  try {
    const found = await runFields({
      ...{ fields, points, width, layers, rounds, stepLimit, output, python, peers, progress },
      pythonFolder: join(setUpFolder, 'bench-python'),
      command: commandLine(),
      signal: stoppedBySignals(progress),
    });
    process.stdout.write(`${fieldsTable(found)}\n`);
  } finally {
    progress.stop();
  }
};

/** Adds the command. */
export const addFieldsCommand = (program: Command): void => {
  const names = fieldsPeers.map(({ name }) => name);
  const atLeastOne = (text: string): number => integer(text, 1);
  program
    .command('fields')
    .description('Measure steps that train many small SIRENs at once against PyTorch and JAX, and print a table.')
    .option('--fields <n>', 'how many fields are trained', atLeastOne, 1024)
    .option('--points <n>', 'points of each field in a step', atLeastOne, 1024)
    .option('--width <n>', 'features of the hidden layers', atLeastOne, 32)
    .option('--layers <n>', 'how many hidden layers there are', atLeastOne, 3)
    .option('--peers <list>', `among ${names.join(', ')}; all if absent`, namesAmong(names), names)
    .option('--rounds <n>', 'how often each peer has its turn', atLeastOne, 9)
    .option('--step-limit <seconds>', 'the longest step that is timed', positive, 30)
    .option('--output <folder>', 'the folder to write', join('out', 'fields'))
    .option('--python <program>', PYTHON_HELP)
    .option('--quiet', 'results and errors only')
    .action(action);
};
