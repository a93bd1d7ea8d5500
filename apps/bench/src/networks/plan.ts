/** @file What a comparison runs: for each task and network a sweep of frequencies, one of rates, and further seeds. */
import { networkPreset } from '@neural-fields/networks';
import { type SettledResult, sweepOf } from '../quality/sweep.ts';
import { bestSetting } from './best-setting.ts';
import { hasFrequency } from './frequency.ts';
import type { NetworkResult } from './results.ts';
import { taskNamed } from './tasks/tasks.ts';
import type { FitBudget, NetworkTrial, Training } from './trial.ts';

/** Every task with every network. */
export interface NetworksPlan {
  readonly tasks: readonly { readonly name: string; readonly size: number }[];
  /** Names of presets. */
  readonly networks: readonly string[];
  /** The number of parameters that all have; those of the papers' networks if absent. */
  readonly parameters?: number;
  readonly budget: FitBudget;
  readonly training: Training;
  /** The learning rates to begin with, increasing; as published, each network has that of its paper. */
  readonly rates: readonly number[];
  /** The factors on a network's frequencies to begin with, increasing. */
  readonly frequencyFactors: readonly number[];
  readonly seeds: readonly number[];
  /** How many neighbours of the best rate on each side are fitted with all seeds. */
  readonly neighbours: number;
  /** How often the figures of a fit are measured. */
  readonly evaluations: number;
  /** Networks that cannot take part in a task are left out. */
  isPossible(task: string, network: string): boolean;
}

/** The result of a trial that was run; `failed` where its process failed, `undefined` before it was run. */
export type SettledTrial = (trial: NetworkTrial) => SettledResult<NetworkResult>;

/** The ratio of a rate that is tried beyond the others, and how many are. */
const RATES = { extension: 3, maxExtensions: 3 } as const;
/** The ratio of a factor on frequencies that is tried beyond the others, and how many are. */
const FREQUENCIES = { extension: 2, maxExtensions: 2 } as const;

/** What is being decided about a network on a task. */
interface Entry {
  readonly task: NetworksPlan['tasks'][number];
  readonly network: string;
}

const middle = (values: readonly number[]): number => values[values.length >> 1] as number;

/** The rates to begin with. As published, there is one. */
const ratesOf = ({ training, rates }: NetworksPlan, network: string): readonly number[] =>
  training === 'published' ? [networkPreset(network).training.learningRate] : rates;

/** The factors on frequencies to begin with: 1 alone where there are none to choose, or as published. */
const frequenciesOf = ({ training, frequencyFactors }: NetworksPlan, network: string): readonly number[] =>
  training === 'published' || !hasFrequency(networkPreset(network)) ? [1] : frequencyFactors;

/** The trials of a network on a task that are known to be needed. */
const trialsOfEntry = (plan: NetworksPlan, { task, network }: Entry, settled: SettledTrial): NetworkTrial[] => {
  const { parameters, training, budget, seeds, neighbours } = plan;
  const decides = taskNamed(task.name).figures[0].name;
  const trialOf = (frequency: number, rate: number, seed: number): NetworkTrial => ({
    ...{ task: task.name, size: task.size, network, frequency, training, rate, budget, seed },
    ...(parameters !== undefined && { parameters }),
  });
  const rates = ratesOf(plan, network);
  const frequencies = sweepOf<NetworkTrial, NetworkResult>({
    ...{ values: frequenciesOf(plan, network), seeds: seeds.slice(0, 1), settled, ...FREQUENCIES },
    trialOf: (frequency, seed) => trialOf(frequency, middle(rates), seed),
    best: results => bestSetting(results, { decides, settingOf: ({ trial }) => trial.frequency }),
  });
  if (!frequencies.done) return [...frequencies.trials];
  const sweep = sweepOf<NetworkTrial, NetworkResult>({
    ...{ values: rates, seeds, settled, neighbours, ...RATES },
    // Where all frequencies diverged at that rate, a lower one may still do.
    trialOf: (rate, seed) => trialOf(frequencies.best ?? middle(frequenciesOf(plan, network)), rate, seed),
    best: results => bestSetting(results, { decides, settingOf: ({ trial }) => trial.rate }),
  });
  const known = new Set(frequencies.trials.map(trial => JSON.stringify(trial)));
  return [...frequencies.trials, ...sweep.trials.filter(trial => !known.has(JSON.stringify(trial)))];
};

const entriesOf = (plan: NetworksPlan): Entry[] =>
  plan.tasks.flatMap(task =>
    plan.networks.filter(network => plan.isPossible(task.name, network)).map(network => ({ task, network })),
  );

/**
 * The trials of a plan that are known to be needed, in order: for each task and network the frequencies at the middle
 * rate, the rates at the best of them, then the best rate with the other seeds. More become known when these are done.
 */
export const networkTrialsOf = (plan: NetworksPlan, settled: SettledTrial): readonly NetworkTrial[] =>
  entriesOf(plan).flatMap(entry => trialsOfEntry(plan, entry, settled));

/** The extensions of sweeps that a prediction expects: one of the rates, and one of the frequencies. */
const EXPECTED_EXTENSIONS = 1;

/** About as many trials as each network takes on each task. */
export const expectedNetworkTrials = (
  plan: NetworksPlan,
): readonly { readonly trial: NetworkTrial; readonly count: number }[] =>
  entriesOf(plan).map(entry => {
    const sweeps = [frequenciesOf(plan, entry.network), ratesOf(plan, entry.network)].map(({ length }) =>
      length === 1 ? 1 : length + EXPECTED_EXTENSIONS,
    ) as [number, number];
    const near = ratesOf(plan, entry.network).length === 1 ? 1 : 1 + 2 * plan.neighbours;
    const [trial] = trialsOfEntry(plan, entry, () => undefined) as [NetworkTrial];
    // The middle rate at the best frequency belongs to both sweeps.
    return { trial, count: sweeps[0] + sweeps[1] - 1 + (plan.seeds.length - 1) * near };
  });
