/** @file `bench quality`: how long it takes to a given quality. */
import { join } from 'node:path';
import { createOutput, formatSeconds, integer, plural, positive, UsageError } from '@neural-fields/app-kit';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { qualityPeerDefinitions } from '../quality/peers.ts';
import { type Profile, predictedSeconds, profiles, trialsOf } from '../quality/profiles.ts';
import { runQuality } from '../quality/run-quality.ts';
import { signalDefinitions } from '../quality/signals.ts';
import { timedCasesOf } from '../quality/timed-case.ts';
import {
  type Budget,
  describeTrial,
  type Method,
  type OptimizerName,
  optimizerNames,
  type QualityPeer,
  type Sampling,
  samplings,
  type Trial,
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
  readonly plan?: boolean;
}

const positives = (text: string): number[] => {
  const values = text.split(',').map(positive);
  if (new Set(values).size !== values.length) throw new InvalidArgumentError('They must not repeat a number.');
  return values;
};

/** All combinations of the options. Every sampling except `all` and `evos` is combined with each batch size. */
const matrixOf = (options: QualityCommandOptions, rates: readonly number[]): Method[] => {
  const { optimizers = ['adam'], schedules = ['cosine'], samplings: chosen = ['all'], batches = [4096] } = options;
  const peers = (options.peers ?? ['native']) as readonly QualityPeer[];
  return peers.flatMap(peer =>
    optimizers.flatMap(optimizer =>
      schedules.flatMap(schedule =>
        chosen.flatMap(sampling =>
          (sampling === 'all' || sampling === 'evos' ? [undefined] : batches).flatMap(batch =>
            rates.map(rate => ({
              ...{ peer, optimizer, rate, schedule, sampling },
              ...(batch !== undefined && { batch }),
            })),
          ),
        ),
      ),
    ),
  );
};

const budgetOf = ({ steps, seconds }: QualityCommandOptions): Budget | undefined => {
  if (steps !== undefined && seconds !== undefined)
    throw new UsageError({ what: '--steps', problem: 'it excludes --seconds' });
  return steps === undefined ? (seconds === undefined ? undefined : { seconds }) : { steps };
};

/** The profile with the values that the options override. */
const planOf = (options: QualityCommandOptions): Profile => {
  const profile: Profile = profiles[options.profile];
  const matrix = ['optimizers', 'schedules', 'samplings', 'batches'] as const;
  const given = matrix.find(name => options[name] !== undefined);
  if (options.rates === undefined && given !== undefined)
    throw new UsageError({ what: `--${given}`, problem: 'it needs --rates, with which it makes a matrix of methods' });
  const methods =
    options.rates === undefined
      ? profile.methods.filter(({ peer }) => options.peers?.includes(peer) ?? true)
      : matrixOf(options, options.rates);
  return {
    ...profile,
    methods,
    signals: options.signals ?? profile.signals,
    size: options.size ?? profile.size,
    network: {
      width: options.width ?? profile.network.width,
      layers: options.layers ?? profile.network.layers,
      ...(options.weightScale !== undefined && { weightScale: options.weightScale }),
    },
    budget: budgetOf(options) ?? profile.budget,
    seeds: options.seeds === undefined ? profile.seeds : Array.from({ length: options.seeds }, (_, seed) => seed),
    evaluations: options.evaluations ?? profile.evaluations,
  };
};

/** Says what would be run, and how long it would take. */
const showPlan = async (trials: readonly Trial[]): Promise<void> => {
  const output = createOutput({});
  for (const trial of trials) output.result(describeTrial(trial));
  const predicted = predictedSeconds(trials);
  output.result(
    `${plural(trials.length, 'trial')}${predicted === undefined ? '' : `, about ${formatSeconds(predicted)}`}`,
  );
};

/** How often each method's steps are timed. */
const ROUNDS = 5;

const action = async (options: QualityCommandOptions): Promise<void> => {
  const plan = planOf(options);
  const trials = trialsOf(plan);
  if (trials.length === 0) throw new UsageError({ what: '--peers', problem: 'the profile has no method of theirs' });
  const used = new Set<string>(trials.map(({ method }) => method.peer));
  const peers = qualityPeerDefinitions.filter(({ name }) => used.has(name));
  if (options.plan) return showPlan(trials);
  const settings = {
    peers,
    rounds: ROUNDS,
    stepLimit: Number.POSITIVE_INFINITY,
    needsCard: false,
    cases: trials.length,
  };
  // Each trial counts once for its start, and once for each of its evaluations.
  const turns = trials.length * (1 + plan.evaluations) + timedCasesOf(trials).length * (1 + ROUNDS);
  return measure(options, { ...settings, turns }, async (run, output) => {
    const { fresh = false, retime = false } = options;
    await runQuality({ ...run, trials, evaluations: plan.evaluations, fresh, retime });
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
    .option('--optimizers <list>', `with --rates: among ${optimizerNames.join(', ')}`, namesAmong(optimizerNames))
    .option('--schedules <list>', 'with --rates: constant, cosine', namesAmong(['constant', 'cosine'] as const))
    .option('--samplings <list>', `with --rates: among ${samplings.join(', ')}`, namesAmong(samplings))
    .option('--batches <list>', 'with --rates: points of a step, with commas', integers(1, 1))
    .option('--steps <n>', 'the budget: updates', integer(1))
    .option('--seconds <n>', 'the budget: seconds of training', positive)
    .option('--seeds <n>', 'how many seeds', integer(1))
    .option('--evaluations <n>', 'how often each field is evaluated', integer(1))
    .option('--fresh', 'measure again what was measured before')
    .option('--retime', 'measure the times of steps again, on a quiet machine; finished fits stay')
    .option('--plan', 'only say what would be run, and how long it takes');
  withFrameOptions(command, qualityPeerDefinitions, join('out', 'quality')).action(action);
};
