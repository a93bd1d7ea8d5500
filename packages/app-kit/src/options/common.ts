/** @file Options that several commands have. */
import { type Command, Option } from 'commander';
import { type BackendOptions, backendNames } from '../backends.ts';
import { createOutput, type Output } from '../output/output.ts';

/** The values of the common options. */
export interface CommonOptions extends BackendOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Adds `--backend`, `--backend-from`, `--json`, `--quiet` and `--verbose`. */
export const withCommonOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--backend <name>', 'backend; auto takes the fastest that works here')
        .choices([...backendNames])
        .default('auto'),
    )
    .option('--backend-from <folder>', 'loads packages of backends from its node_modules first, which runs their code')
    .option('--json', 'one JSON object per line on stdout instead of text')
    .option('-q, --quiet', 'prints only results, warnings and errors')
    .option('-v, --verbose', 'shows details of the backend, and stack traces of errors');

/** The output that the common options describe. @param results where results go; stdout if absent */
export const outputOf = (
  { json = false, quiet = false }: Pick<CommonOptions, 'json' | 'quiet'>,
  results: 'stdout' | 'stderr' = 'stdout',
): Output => createOutput({ json, quiet, results });
