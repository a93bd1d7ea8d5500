/** @file What the time of a step depends on, besides the machine and the programs. */
import type { Method, Network, Trial } from './trial.ts';

/** Trials that differ in nothing of this have the same time per step: rates, schedules and seeds do not matter. */
export interface TimedCase {
  readonly signal: string;
  /** Samples along each axis. */
  readonly size: number;
  readonly network: Network;
  readonly method: Omit<Method, 'rate' | 'schedule'>;
}

/** The case that a trial belongs to. */
export const timedCaseOf = ({ signal, size, network, method }: Omit<Trial, 'budget' | 'seed'>): TimedCase => {
  const { rate: _, schedule: __, ...timed } = method;
  return { signal, size, network, method: timed };
};

/** Equal for equal cases. */
export const caseKey = ({ signal, size, network, method }: TimedCase): string => {
  const { peer, optimizer, sampling, batch } = method;
  const { width, layers, weightScale } = network;
  return JSON.stringify([signal, size, width, layers, weightScale, peer, optimizer, sampling, batch]);
};

/** The cases of trials, each once, in their order. */
export const timedCasesOf = (trials: readonly Trial[]): readonly TimedCase[] => [
  ...new Map(trials.map(timedCaseOf).map(each => [caseKey(each), each])).values(),
];

/** `native adam, shuffled 4096` */
export const describeTimed = ({ method: { peer, optimizer, sampling, batch } }: TimedCase): string =>
  `${peer} ${optimizer}, ${sampling}${batch === undefined ? '' : ` ${batch}`}`;

/**
 * The steps after which the work of a method repeats: `renewEvery` of SOAP, the intervals at which losses are
 * measured.
 */
export const periodOf = ({ optimizer, sampling }: TimedCase['method']): number => {
  if (sampling === 'evos' || sampling === 'importance') return 100;
  return optimizer === 'soap' ? 10 : 1;
};
