/** @file One fit of the comparison: which network, to what, with which settings, for how long. */
import { formatCount } from '@neural-fields/app-kit';
import { formatRate } from '../quality/trial.ts';

/** The length of a fit: its steps, or the seconds that these may take by their measured time. */
export type FitBudget = { readonly steps: number } | { readonly seconds: number };

/** How networks are trained: all alike, Adam with a cosine, or each as in its paper. */
export type Training = 'common' | 'published';

/** Everything that a result depends on, besides the machine, the data and the programs. */
export interface NetworkTrial {
  /** The name of a `ComparisonTask`. */
  readonly task: string;
  /** As in `ComparisonTask.create`. */
  readonly size: number;
  /** The name of a preset. */
  readonly network: string;
  /** The number of parameters to which the network's size is solved; its own size if absent. */
  readonly parameters?: number;
  /** The factor on the paper's frequencies; see `frequencyOptions`. */
  readonly frequency: number;
  readonly training: Training;
  readonly rate: number;
  readonly budget: FitBudget;
  /** Of the initial parameters, and of frequencies that a network draws. */
  readonly seed: number;
}

/** Increased when a change to this program makes the same settings give other results. */
export const NETWORK_TRIAL_REVISION = 1;

/** What the time of a step depends on: neither rates nor seeds nor the budget. */
export interface TimedNetwork extends Pick<NetworkTrial, 'task' | 'size' | 'network' | 'parameters' | 'training'> {}

/** The timed network of a trial. */
export const timedNetworkOf = ({ task, size, network, parameters, training }: NetworkTrial): TimedNetwork => ({
  ...{ task, size, network, training },
  ...(parameters !== undefined && { parameters }),
});

/** Equal for equal timed networks. */
export const timedNetworkKey = ({ task, size, network, parameters, training }: TimedNetwork): string =>
  JSON.stringify([task, size, network, parameters ?? null, training]);

/** `1/4`, `2` */
export const formatFactor = (factor: number): string =>
  factor < 1 ? `1/${Number((1 / factor).toFixed(3))}` : String(factor);

/** `siren, rate 1e-3, frequencies x 1/2, seed 0` */
export const describeSettings = ({ network, rate, frequency, seed }: NetworkTrial): string =>
  [
    network,
    `rate ${formatRate(Number(rate.toPrecision(3)))}`,
    ...(frequency === 1 ? [] : [`frequencies x ${formatFactor(frequency)}`]),
    `seed ${seed}`,
  ].join(', ');

/** `picture 64: siren, rate 1e-3, seed 0` */
export const describeNetworkTrial = (trial: NetworkTrial): string =>
  `${trial.task} ${trial.size}: ${describeSettings(trial)}`;

/** `20,000 parameters`, or the networks' own sizes. */
export const describeSize = (parameters: number | undefined): string =>
  parameters === undefined ? 'the networks of the papers' : `about ${formatCount(parameters)} parameters`;
