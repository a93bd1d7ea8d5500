/** @file `bench networks`: the networks of the literature beside each other, each at its best rate. */
import { join } from 'node:path';
import {
  commandLine,
  createOutput,
  formatSeconds,
  InputError,
  integer,
  listenForInterrupt,
  plural,
  positive,
  UsageError,
} from '@neural-fields/app-kit';
import { withOutputFolder } from '@neural-fields/app-kit/files';
import { writeFileAtomically } from '@neural-fields/core/node';
import { networkPresets } from '@neural-fields/networks';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { peerEntry } from '../files.ts';
import type { NetworksPlan } from '../networks/plan.ts';
import { countNetworkTrials, predictedRun, TIMING_SECONDS, timedNetworksOf } from '../networks/predicted.ts';
import { type NetworksProfile, networksProfiles } from '../networks/profiles.ts';
import { runNetworks } from '../networks/run-networks.ts';
import { readNetworkTimes } from '../networks/step-times.ts';
import { overviewLines } from '../networks/tables.ts';
import { comparisonTasks, taskNamed } from '../networks/tasks/tasks.ts';
import { describeSize, type FitBudget, formatFactor, timedNetworkKey } from '../networks/trial.ts';
import { createWeightedProgress } from '../networks/weighted-progress.ts';
import { formatRate } from '../quality/trial.ts';
import { readEnvironment } from '../speed/environment.ts';
import { PeerProcess, PeerUnavailableError } from '../speed/peer-process.ts';
import { namesAmong } from './options.ts';

/** What `--budget` says. */
interface BudgetOption {
  readonly parameters?: number;
  readonly steps?: number;
  readonly seconds?: number;
}

/** The options as commander gives them. */
interface NetworksCommandOptions {
  readonly profile: keyof typeof networksProfiles;
  readonly tasks?: readonly string[];
  readonly networks?: readonly string[];
  readonly size?: number;
  readonly budget?: BudgetOption;
  readonly asPublished?: boolean;
  readonly rates?: readonly number[];
  readonly frequencyFactors?: readonly number[];
  readonly seeds?: number;
  readonly evaluations?: number;
  readonly workers?: number;
  readonly backend: 'auto' | 'native' | 'simd';
  readonly fresh?: boolean;
  readonly retime?: boolean;
  readonly plan?: boolean;
  readonly output: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** Reads `parameters=20000,steps=500` or `seconds=2`. */
const budget = (text: string): BudgetOption => {
  const parsers = { parameters: integer(1), steps: integer(2), seconds: positive } as const;
  const isName = (name: string): name is keyof typeof parsers => name in parsers;
  const entries = text.split(',').map(part => {
    const [name = '', value = ''] = part.split('=').map(each => each.trim());
    if (!isName(name)) throw new InvalidArgumentError('Parts must be parameters=<n>, steps=<n> or seconds=<n>.');
    return [name, parsers[name](value)] as const;
  });
  const found: BudgetOption = Object.fromEntries(entries);
  if (Object.keys(found).length < entries.length) throw new InvalidArgumentError('It must not repeat a part.');
  if (found.steps !== undefined && found.seconds !== undefined)
    throw new InvalidArgumentError('It must have steps or seconds, not both.');
  return found;
};

/** Reads positive numbers, separated by commas, and sorts them. */
const factors = (text: string): readonly number[] => {
  const values = text.split(',').map(positive);
  if (new Set(values).size !== values.length) throw new InvalidArgumentError('They must not repeat a number.');
  return values.sort((a, b) => a - b);
};

const lengthOf = ({ steps, seconds }: BudgetOption, otherwise: FitBudget): FitBudget =>
  steps !== undefined ? { steps } : seconds !== undefined ? { seconds } : otherwise;

/** The profile with the values that the options override. */
const profileOf = (options: NetworksCommandOptions): NetworksProfile => {
  const profile = networksProfiles[options.profile];
  const sizes = new Map(profile.tasks.map(({ name, size }) => [name, size]));
  const names = options.tasks ?? profile.tasks.map(({ name }) => name);
  const parameters = options.budget?.parameters ?? profile.parameters;
  return {
    ...profile,
    tasks: names.map(name => ({ name, size: options.size ?? sizes.get(name) ?? taskNamed(name).size })),
    networks: options.networks ?? profile.networks,
    budget: lengthOf(options.budget ?? {}, profile.budget),
    ...(parameters !== undefined && { parameters }),
    ...(options.asPublished && { training: 'published' as const }),
    rates: options.rates ?? profile.rates,
    frequencyFactors: options.frequencyFactors ?? profile.frequencyFactors,
    seeds: options.seeds === undefined ? profile.seeds : Array.from({ length: options.seeds }, (_, seed) => seed),
    evaluations: options.evaluations ?? profile.evaluations,
  };
};

/** Says what would be run, and how long it would take by the times of steps that an earlier run measured. */
const showPlan = (profile: NetworksProfile, folder: string): void => {
  const output = createOutput({});
  const plan: NetworksPlan = { ...profile, isPossible: () => true };
  const known = new Map(readNetworkTimes(folder).map(each => [timedNetworkKey(each.timed), each]));
  const sizes = new Map(plan.tasks.map(({ name, size }) => [name, size]));
  const predicted = predictedRun(plan, {
    evaluations: plan.evaluations,
    timeOf: timed => known.get(timedNetworkKey(timed)),
    workOf: task => ({ points: (sizes.get(task) ?? 0) ** 2, derivative: taskNamed(task).derivative }),
  });
  const length = 'steps' in plan.budget ? plural(plan.budget.steps, 'step') : formatSeconds(plan.budget.seconds);
  const list = (values: readonly number[]): string => values.map(formatFactor).join(', ');
  output.result(`tasks: ${plan.tasks.map(({ name, size }) => `${name} ${size}`).join(', ')}`);
  output.result(`networks: ${plan.networks.join(', ')}`);
  output.result(
    `each: ${describeSize(plan.parameters)}, ${length}, ${
      plan.training === 'published'
        ? 'trained as published'
        : `Adam with a cosine, rates ${plan.rates.map(formatRate).join(', ')}, the paper's frequencies times ${list(plan.frequencyFactors)}`
    }, ${plural(plan.seeds.length, 'seed')}`,
  );
  const timing = TIMING_SECONDS * timedNetworksOf(plan).length;
  output.result(
    `about ${plural(countNetworkTrials(plan), 'fit')}; ${formatSeconds(timing)} to time steps, ${formatSeconds(predicted)} for the fits on a quiet machine${known.size > 0 ? '' : ' with two cores'}`,
  );
};

/** Seconds that a backend may take to start. */
const START_TIMEOUT = 120;

/** The fastest backend that works here, with its versions. */
const findBackend = async (
  chosen: NetworksCommandOptions['backend'],
): Promise<{ readonly name: 'native' | 'simd'; readonly versions: Readonly<Record<string, string>> }> => {
  const reasons: string[] = [];
  for (const name of chosen === 'auto' ? (['native', 'simd'] as const) : [chosen]) {
    const command = { program: process.execPath, args: [peerEntry, name, 'networks'] };
    try {
      const started = await PeerProcess.start(command, START_TIMEOUT);
      started.dispose();
      return { name, versions: started.description.versions };
    } catch (error) {
      if (!(error instanceof PeerUnavailableError)) throw error;
      reasons.push(`${name}: ${error.message}`);
    }
  }
  throw new InputError({ problem: `no backend is available here (${reasons.join('; ')})` });
};

const action = async (options: NetworksCommandOptions): Promise<void> => {
  const profile = profileOf(options);
  const { output: folder, fresh = false, retime = false, quiet = false, force = false } = options;
  if (options.asPublished && (options.rates ?? options.frequencyFactors) !== undefined)
    throw new UsageError({ what: '--as-published', problem: 'it excludes --rates and --frequency-factors' });
  if (options.plan) return showPlan(profile, folder);
  const output = createOutput({ quiet });
  const progress = createWeightedProgress(output);
  const interrupt = listenForInterrupt(() => progress.log('stopping; finished fits are kept'));
  const encoder = new TextEncoder();
  const write = (name: string, text: string): Promise<void> =>
    writeFileAtomically(join(folder, name), encoder.encode(text));
  try {
    await withOutputFolder(folder, { option: '--output', force }, async () => {
      const environment = readEnvironment();
      const { name: backend, versions } = await findBackend(options.backend);
      const found = await runNetworks({
        ...{ plan: profile, backend, versions, fresh, retime, output: folder, environment, progress },
        workers: Math.min(options.workers ?? environment.cores, environment.cores),
        command: commandLine('npm run bench --', process.argv.slice(2)),
        signal: interrupt.signal,
        save: async (results, texts) => {
          await write('results.json', `${JSON.stringify(results, null, 1)}\n`);
          for (const [name, text] of Object.entries(texts)) await write(name, text);
        },
      });
      for (const line of overviewLines(found)) output.result(line);
      output.result(`page ${join(folder, 'index.html')}`);
    });
  } finally {
    progress.stop();
    interrupt.dispose();
  }
};

/** Adds the command. */
export const addNetworksCommand = (program: Command): void => {
  const tasks = comparisonTasks.map(({ name }) => name);
  program
    .command('networks')
    .description(
      'Compares the networks of the literature on several tasks, with as many parameters and steps, each at its best learning rate, and writes a page. Also: quality --networks <names>.',
    )
    .addOption(
      new Option('--profile <name>', 'which tasks and networks')
        .choices(Object.keys(networksProfiles))
        .default('quick'),
    )
    .option('--tasks <names>', `among ${tasks.join(', ')}`, namesAmong(tasks))
    .option(
      '--networks <names>',
      'presets, separated by commas: docs/networks.md',
      namesAmong(networkPresets.map(({ name }) => name)),
    )
    .option('--size <n>', 'samples a side of pictures; sounds and volumes have about as many in all', integer(8))
    .option('--budget <parts>', 'what all have alike, e.g. parameters=20000,steps=500 or seconds=2', budget)
    .option('--as-published', "the rate, schedule and Adam of each network's paper; no sweeps")
    .option('--rates <list>', 'learning rates to begin with, increasing', factors)
    .option('--frequency-factors <list>', "frequencies to begin with, as factors on the paper's", factors)
    .option('--seeds <n>', 'how many seeds', integer(1))
    .option('--evaluations <n>', 'how often each fit is measured', integer(1))
    .option('--workers <n>', 'fits at a time, each on its share of the cores (default: one a core)', integer(1))
    .addOption(new Option('--backend <name>', 'kernels').choices(['auto', 'native', 'simd']).default('auto'))
    .option('--fresh', 'measure again what was measured before')
    .option('--retime', 'measure the times of steps again, on a quiet machine; finished fits stay')
    .option('--plan', 'only say what would be run, and how long it takes')
    .option('--output <folder>', 'the folder to write', join('out', 'networks'))
    .option('--force', 'write into a folder that holds other files, too')
    .option('--quiet', 'results, warnings and errors only')
    .option('--verbose', 'show the stack trace of an error')
    .action(action);
};

/** `quality --networks <names>` is this command by another name. */
export const redirectedToNetworks = (args: readonly string[]): readonly string[] =>
  args[0] === 'quality' && args.some(arg => arg === '--networks' || arg.startsWith('--networks='))
    ? ['networks', ...args.slice(1)]
    : args;
