/** @file Times the steps of all networks on a task: they take turns, round after round, so that a load meets all. */
import { setTimeout } from 'node:timers/promises';
import { formatSeconds, plural } from '@neural-fields/app-kit';
import { readForeignLoad } from '../speed/environment.ts';
import { PeerError } from '../speed/peer-process.ts';
import { timesOf } from '../speed/statistics.ts';
import { TIMING_SECONDS } from './predicted.ts';
import type { BeginTimingAnswer, TimeAnswer } from './requests.ts';
import type { NetworkStepTime, NetworkTimeStore } from './step-times.ts';
import type { TimedNetwork } from './trial.ts';
import type { WorkerPool } from './worker-pool.ts';

/** How networks are timed. */
export interface RunTimingsOptions {
  /** A process with all threads. */
  readonly worker: WorkerPool;
  readonly store: NetworkTimeStore;
  /** Whether to time again what was timed before. */
  readonly again: boolean;
  readonly signal: AbortSignal;
  environmentOf(timed: TimedNetwork): Readonly<Record<string, string>>;
  log(line: string): void;
  report(doing: string): void;
}

/** How often each network is timed. */
const ROUNDS = 5;
/** The steps of a round together take at least so long, in seconds. */
const ROUND_SECONDS = 0.1;
/** Milliseconds in which the threads of a process stop waiting busily. */
const PAUSE = 50;

const timeTogether = async (
  networks: readonly TimedNetwork[],
  { worker, signal, environmentOf, log, report }: RunTimingsOptions,
): Promise<NetworkStepTime[]> => {
  const load = await readForeignLoad();
  const begun: { readonly timed: TimedNetwork; readonly firstStep: number; readonly rounds: number[] }[] = [];
  for (const timed of networks) {
    signal.throwIfAborted();
    report(`${timed.task} ${timed.size}: ${timed.network} is prepared to be timed`);
    try {
      const request = { work: 'begin-timing', timed, roundSeconds: ROUND_SECONDS } as const;
      const { firstStep } = await worker.request<BeginTimingAnswer>(request);
      begun.push({ timed, firstStep, rounds: [] });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PeerError)) throw error;
      log(`${timed.task} ${timed.size}: the steps of ${timed.network} cannot be timed: ${error.message}`);
      // The process and the fits that it had begun are gone.
      return timeTogether(
        networks.filter(each => each !== timed),
        { worker, signal, environmentOf, log, report } as RunTimingsOptions,
      );
    }
  }
  for (let round = 1; round <= ROUNDS; round++)
    for (const { timed, rounds } of begun) {
      signal.throwIfAborted();
      report(`${timed.task} ${timed.size}: ${timed.network} is timed, round ${round} of ${ROUNDS}`);
      rounds.push((await worker.request<TimeAnswer>({ work: 'time', timed })).seconds);
    }
  await worker.request({ work: 'end-timing' });
  await setTimeout(PAUSE);
  const foreignLoad = Math.max(load, await readForeignLoad());
  return begun.map(({ timed, firstStep, rounds }) => {
    const step = timesOf(rounds);
    const facts = { foreignLoad, environment: environmentOf(timed), date: new Date().toISOString() };
    return { timed, first: Math.max(0, firstStep - step.median), step, ...facts };
  });
};

/**
 * The times of the steps of networks, in their order. All networks of a task are timed again where one of them is not
 * known: times that are compared come from the same rounds.
 *
 * @throws the reason of the signal when the run is stopped; finished tasks are stored
 */
export const runTimings = async (
  networks: readonly TimedNetwork[],
  options: RunTimingsOptions,
): Promise<readonly NetworkStepTime[]> => {
  const { store, again, log } = options;
  const all: NetworkStepTime[] = [];
  for (const task of new Set(networks.map(({ task: name, size }) => `${name} ${size}`))) {
    const some = networks.filter(({ task: name, size }) => `${name} ${size}` === task);
    const known = some.flatMap(timed => store.read(timed) ?? []);
    if (!again && known.length === some.length) {
      all.push(...known);
      continue;
    }
    log(
      `${task}: times the steps of ${plural(some.length, 'network')}, about ${formatSeconds(TIMING_SECONDS * some.length)}`,
    );
    const found = await timeTogether(some, options);
    await store.write(found);
    all.push(...found);
  }
  return all;
};
