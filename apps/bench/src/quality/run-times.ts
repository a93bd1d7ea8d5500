/** @file The times of the steps of a run: those that are known, and measurements of the others, signal by signal. */
import { formatSeconds, plural } from '@neural-fields/app-kit';
import type { RunSettings } from '../speed/run-frame.ts';
import { measureTimes, type TimeOptions } from './measure-times.ts';
import { TIMING_SECONDS } from './predicted.ts';
import type { QualitySignal } from './quality-signal.ts';
import type { TimeFailure } from './results.ts';
import type { StepTime, StepTimeStore } from './step-time.ts';
import { describeTimed, type TimedCase } from './timed-case.ts';
import { describeNetwork } from './trial.ts';

/** How times are found. */
export interface RunTimesOptions extends Pick<TimeOptions, 'commands' | 'scratch' | 'environmentOf'> {
  readonly settings: Pick<RunSettings, 'rounds' | 'signal' | 'progress'>;
  readonly store: StepTimeStore;
  /** Whether to measure what is known again. */
  readonly again: boolean;
  signalOf(timed: TimedCase): Promise<QualitySignal>;
}

const groupOf = ({ signal, size, network }: TimedCase): string => `${signal} ${size}, ${describeNetwork(network)}`;

/** Cases that are timed together: those of a signal and a network. */
const groupsOf = (cases: readonly TimedCase[]): ReadonlyMap<string, readonly TimedCase[]> => {
  const groups = new Map<string, TimedCase[]>();
  for (const each of cases) groups.set(groupOf(each), [...(groups.get(groupOf(each)) ?? []), each]);
  return groups;
};

/**
 * The times of cases, in their order. All cases of a signal are measured again where one of them is not known: times
 * that are compared come from the same rounds.
 *
 * @throws the reason of the signal when the run is stopped; finished signals are stored
 */
export const runTimes = async (
  cases: readonly TimedCase[],
  { settings: { rounds, signal: abort, progress }, store, again, signalOf, ...options }: RunTimesOptions,
): Promise<{ readonly times: readonly StepTime[]; readonly failures: readonly TimeFailure[] }> => {
  const possible = cases.filter(({ method }) => options.commands.has(method.peer));
  const times: StepTime[] = [];
  const failures: TimeFailure[] = [];
  for (const [name, group] of groupsOf(possible)) {
    const known = group.flatMap(timed => store.read(timed) ?? []);
    if (!again && known.length === group.length) {
      times.push(...known);
      continue;
    }
    progress.log(
      `${name}: times the steps of ${plural(group.length, 'method')}, about ${formatSeconds(TIMING_SECONDS * group.length)}`,
    );
    const found = await measureTimes(group, {
      ...{ ...options, rounds, abort, signal: await signalOf(group[0] as TimedCase) },
      report: doing => progress.advance(`${name}: ${doing}`),
    });
    await store.write(found.times);
    times.push(...found.times);
    failures.push(...found.failures);
    for (const { case: timed, reason } of found.failures)
      progress.log(`${name}: ${describeTimed(timed)} could not be timed: ${reason}`);
  }
  return { times, failures };
};
