/** @file The command line. */
import { type Program, withErrorLines } from '@neural-fields/app-kit';
import { Command } from 'commander';
import { addFieldsCommand } from './commands/fields.ts';
import { addGpuCommand } from './commands/gpu.ts';
import { addGridsCommand } from './commands/grids.ts';
import { addNetworksCommand } from './commands/networks.ts';
import { addQualityCommand } from './commands/quality.ts';
import { addSpeedCommand } from './commands/speed.ts';

/** The program. */
export const createProgram = (): Program => {
  const name = 'bench';
  const command = withErrorLines(new Command(name), name)
    .description('Measures neural fields against other programs, on this machine.')
    .addHelpText('after', '\nExit codes: 0 done, 1 nothing could be measured, 2 bad usage,\n130 stopped by Ctrl-C.');
  addSpeedCommand(command);
  addGpuCommand(command);
  addFieldsCommand(command);
  addGridsCommand(command);
  addQualityCommand(command);
  addNetworksCommand(command);
  return { name, command };
};
