/** @file `bench quality`: how long it takes to a given quality. */
import { join } from 'node:path';
import { createOutput, formatSeconds, integer, plural, positive, UsageError } from '@neural-fields/app-kit';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { qualityPeerDefinitions } from '../quality/peers.ts';
import type { Family } from '../quality/plan.ts';
import { countTrials, predictedSeconds, TIMING_SECONDS, timedCases } from '../quality/predicted.ts';
import { type Profile, profiles } from '../quality/profiles.ts';
import { runQuality } from '../quality/run-quality.ts';
import { signalDefinitions } from '../quality/signals.ts';
import { readStepTimes } from '../quality/step-time.ts';
import {
  type Budget,
  describeFamily,
  describeNetwork,
  formatRate,
  type Method,
  type OptimizerName,
  optimizerNames,
  type QualityPeer,
  type Sampling,
  samplings,
} from '../quality/trial.ts';
import { integers, measure, namesAmong, type RunOptions, withFrameOptions } from './options.ts';

/** The options as commander gives them. */
interface QualityCommandOptions extends RunOptions {
  readonly profile: keyof typeof profiles;
  readonly signals?: readonly string[];
  readonly size?: number;
  readonly width?: number;
  readonly layers?: number;
  readonly weightScale?: number;
  readonly rates?: readonly number[];
  readonly optimizers?: readonly OptimizerName[];
  readonly schedules?: readonly Method['schedule'][];
  readonly samplings?: readonly Sampling[];
  readonly batches?: readonly number[];
  readonly steps?: number;
  readonly seconds?: number;
  readonly seeds?: number;
  readonly evaluations?: number;
  readonly fresh?: boolean;
  readonly retime?: boolean;
  readonly sweepAllPeers?: boolean;
  readonly plan?: boolean;
}

const positives = (text: string): number[] => {
  const values = text.split(',').map(positive);
  if (new Set(values).size !== values.length) throw new InvalidArgumentError('They must not repeat a number.');
  return values;
};

/** All combinations of the options. Every sampling except `all` and `evos` is combined with each batch size. */
const matrixOf = (options: QualityCommandOptions, rates: readonly number[]): Family[] => {
  const { optimizers = ['adam'], schedules = ['cosine'], samplings: chosen = ['all'], batches = [4096] } = options;
  const peers = (options.peers ?? ['native']) as readonly QualityPeer[];
  return optimizers.flatMap(optimizer =>
    schedules.flatMap(schedule =>
      chosen.flatMap(sampling =>
        (sampling === 'all' || sampling === 'evos' ? [undefined] : batches).map(batch => ({
          ...{ peers, optimizer, schedule, sampling },
          ...(batch !== undefined && { batch }),
          rates: [...rates].sort((a, b) => a - b),
        })),
      ),
    ),
  );
};

/** The families of a profile with the chosen peers and optimizers. */
const chosenFamilies = ({ families }: Profile, { peers, optimizers }: QualityCommandOptions): readonly Family[] =>
  families
    .filter(({ optimizer }) => optimizers?.includes(optimizer) ?? true)
    .map(family => ({ ...family, peers: family.peers.filter(peer => peers?.includes(peer) ?? true) }))
    .filter(family => family.peers.length > 0);

const budgetOf = ({ steps, seconds }: QualityCommandOptions): Budget | undefined => {
  if (steps !== undefined && seconds !== undefined)
    throw new UsageError({ what: '--steps', problem: 'it excludes --seconds' });
  return steps === undefined ? (seconds === undefined ? undefined : { seconds }) : { steps };
};

/** The profile with the values that the options override. */
const planOf = (options: QualityCommandOptions): Profile => {
  const profile: Profile = profiles[options.profile];
  const matrix = ['schedules', 'samplings', 'batches'] as const;
  const given = matrix.find(name => options[name] !== undefined);
  if (options.rates === undefined && given !== undefined)
    throw new UsageError({ what: `--${given}`, problem: 'it needs --rates, with which it makes a matrix of methods' });
  const families = options.rates === undefined ? chosenFamilies(profile, options) : matrixOf(options, options.rates);
  if (families.length === 0)
    throw new UsageError({ what: '--peers', problem: 'the profile has no such method of theirs' });
  const sizes = new Map(profile.signals.map(({ name, size }) => [name, size]));
  const names = options.signals ?? profile.signals.map(({ name }) => name);
  return {
    ...profile,
    families,
    signals: names.map(name => ({ name, size: options.size ?? sizes.get(name) ?? DEFAULT_SIZE })),
    network: {
      width: options.width ?? profile.network.width,
      layers: options.layers ?? profile.network.layers,
      ...(options.weightScale !== undefined && { weightScale: options.weightScale }),
    },
    budget: budgetOf(options) ?? profile.budget,
    sweepAllPeers: options.sweepAllPeers ?? false,
    seeds: options.seeds === undefined ? profile.seeds : Array.from({ length: options.seeds }, (_, seed) => seed),
    evaluations: options.evaluations ?? profile.evaluations,
  };
};

/** Says what would be run, and how long it would take by the times of steps that an earlier run measured. */
const showPlan = (plan: Profile, folder: string): void => {
  const output = createOutput({});
  const { signals, families, seeds, network, budget, evaluations } = plan;
  for (const { name, size } of signals)
    for (const family of families)
      output.result(
        `${name} ${size}, ${describeNetwork(network)}, ${describeFamily(family)}: rates ${family.rates.map(formatRate).join(', ')} by ${family.peers.join(', ')}`,
      );
  const length = 'steps' in budget ? plural(budget.steps, 'step') : formatSeconds(budget.seconds);
  const times = readStepTimes(folder);
  const predicted = predictedSeconds(plan, { evaluations, times });
  const timing = TIMING_SECONDS * timedCases(plan).length;
  output.result(
    `about ${plural(countTrials(plan), 'trial')} of ${length}, ${plural(seeds.length, 'seed')}; ${formatSeconds(timing)} to time steps, ${formatSeconds(predicted)} for the fits on a quiet machine${times.length > 0 ? '' : ' with two cores'}`,
  );
};

/** The samples along each axis of a signal that the profile does not have. */
const DEFAULT_SIZE = 128;
/** How often each method's steps are timed. */
const ROUNDS = 5;

const action = async (options: QualityCommandOptions): Promise<void> => {
  const plan = planOf(options);
  const used = new Set<string>(plan.families.flatMap(({ peers }) => peers));
  const peers = qualityPeerDefinitions.filter(({ name }) => used.has(name));
  if (options.plan) return showPlan(plan, options.output);
  const trials = countTrials(plan);
  const settings = { peers, rounds: ROUNDS, stepLimit: Number.POSITIVE_INFINITY, needsCard: false, cases: trials };
  // Each trial counts once for its start, and once for each of its evaluations.
  const turns = trials * (1 + plan.evaluations) + timedCases(plan).length * (1 + ROUNDS);
  return measure(options, { ...settings, turns }, async (run, output) => {
    const { fresh = false, retime = false } = options;
    await runQuality({ ...run, plan, evaluations: plan.evaluations, fresh, retime });
    output.result(`report ${join(options.output, 'report.md')}`);
    output.result(`page ${join(options.output, 'index.html')}`);
  });
};

/** Adds the command. */
export const addQualityCommand = (program: Command): void => {
  const signals = signalDefinitions.map(({ name }) => name);
  const command = program
    .command('quality')
    .description(
      'Measure how long fits take to a given quality, at the samples and between them, by methods and programs under equal budgets, and write a page about it. What is done is kept: a run that was stopped continues.',
    )
    .addOption(
      new Option('--profile <name>', 'which signals, methods and budget')
        .choices(Object.keys(profiles))
        .default('quick'),
    )
    .option('--signals <list>', `among ${signals.join(', ')}`, namesAmong(signals))
    .option('--size <n>', 'samples a side; sounds and volumes have about as many in all', integer(2))
    .option('--width <n>', 'features of the hidden layers', integer(1))
    .option('--layers <n>', 'hidden layers, as the SIREN paper counts them', integer(0))
    .option('--weight-scale <factor>', 'on the initial weights of all layers but the last', positive)
    .option('--rates <list>', 'learning rates, with commas: instead of the methods of the profile', positives)
    .option('--optimizers <list>', `among ${optimizerNames.join(', ')}`, namesAmong(optimizerNames))
    .option('--schedules <list>', 'with --rates: constant, cosine', namesAmong(['constant', 'cosine'] as const))
    .option('--samplings <list>', `with --rates: among ${samplings.join(', ')}`, namesAmong(samplings))
    .option('--batches <list>', 'with --rates: points of a step, with commas', integers(1, 1))
    .option('--steps <n>', 'the budget: updates', integer(1))
    .option('--seconds <n>', 'the budget: seconds of training', positive)
    .option('--seeds <n>', 'how many seeds', integer(1))
    .option('--evaluations <n>', 'how often each field is evaluated', integer(1))
    .option('--sweep-all-peers', 'try all rates with each program, instead of the first alone')
    .option('--fresh', 'measure again what was measured before')
    .option('--retime', 'measure the times of steps again, on a quiet machine; finished fits stay')
    .option('--plan', 'only say what would be run, and how long it takes');
  withFrameOptions(command, qualityPeerDefinitions, join('out', 'quality')).action(action);
};
