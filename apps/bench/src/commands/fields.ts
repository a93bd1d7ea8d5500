/** @file `bench fields`: how long it takes to train many small fields. */
import { join } from 'node:path';
import { integer } from '@neural-fields/app-kit';
import type { Command } from 'commander';
import { fieldsPeers } from '../fields/peers.ts';
import { runFields } from '../fields/run-fields.ts';
import { fieldsTable } from '../fields/table.ts';
import { measure, type RunOptions, withRunOptions } from './options.ts';

/** The options as commander gives them. */
interface FieldsCommandOptions extends RunOptions {
  readonly fields: number;
  readonly points: number;
  readonly width: number;
  readonly layers: number;
}

const action = (options: FieldsCommandOptions): Promise<void> => {
  const { fields, points, width, layers, rounds = 9, stepLimit = 30 } = options;
  const peers = fieldsPeers.filter(({ name }) => options.peers?.includes(name) ?? true);
  return measure(options, { peers, rounds, stepLimit, cases: 1 }, async (settings, output) => {
    const found = await runFields({ ...settings, fields, points, width, layers });
    for (const line of fieldsTable(found).split('\n')) output.result(line);
  });
};

/** Adds the command. */
export const addFieldsCommand = (program: Command): void => {
  const command = program
    .command('fields')
    .description('Measure steps that train many small SIRENs at once against PyTorch and JAX, and print a table.')
    .option('--fields <n>', 'how many fields are trained', integer(1), 1024)
    .option('--points <n>', 'points of each field in a step', integer(1), 1024)
    .option('--width <n>', 'features of the hidden layers', integer(1), 32)
    .option('--layers <n>', 'how many hidden layers there are', integer(1), 3);
  withRunOptions(command, fieldsPeers, join('out', 'fields')).action(action);
};
