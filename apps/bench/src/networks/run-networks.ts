/** @file The whole comparison: loads the tasks, times steps, runs the fits, and writes all results so far. */
import { join } from 'node:path';
import { formatSeconds, plural } from '@neural-fields/app-kit';
import { peerEntry } from '../files.ts';
import { createResultStore } from '../quality/result-store.ts';
import { PeerError } from '../speed/peer-process.ts';
import type { Environment } from '../speed/results.ts';
import { networkOfTrial } from './network-of-trial.ts';
import { makeNetworksPage } from './page.ts';
import type { NetworksPlan } from './plan.ts';
import { countNetworkTrials, plannedSteps, predictedFit, predictedRun, timedNetworksOf } from './predicted.ts';
import type { LoadAnswer } from './requests.ts';
import type { AbsentNetwork, NetworkResult, NetworkResults } from './results.ts';
import { runFits } from './run-fits.ts';
import { runTimings } from './run-timings.ts';
import { createNetworkTimeStore } from './step-times.ts';
import { taskNamed } from './tasks/tasks.ts';
import {
  describeNetworkTrial,
  NETWORK_TRIAL_REVISION,
  type NetworkTrial,
  type TimedNetwork,
  timedNetworkKey,
  timedNetworkOf,
} from './trial.ts';
import type { WeightedProgress } from './weighted-progress.ts';
import { workerCode } from './worker-code.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

/** What is compared, and with what. */
export interface NetworksSettings {
  readonly plan: Omit<NetworksPlan, 'isPossible'>;
  readonly backend: 'native' | 'simd';
  /** The versions of the backend's programs. */
  readonly versions: Readonly<Record<string, string>>;
  /** The number of fits at a time, each on its share of the threads. */
  readonly workers: number;
  /** Whether to repeat fits whose results are stored, and to time steps again. */
  readonly fresh: boolean;
  /** Whether to time steps again. */
  readonly retime: boolean;
  readonly output: string;
  readonly environment: Environment;
  readonly command: string;
  readonly signal: AbortSignal;
  readonly progress: WeightedProgress;
  /** Writes files into the output folder, each whole or not at all: results as JSON, and texts by name. */
  save(results: object, texts: Readonly<Record<string, string>>): Promise<void>;
}

/** Loads all tasks, and finds the networks that cannot take part. */
const loadTasks = async (
  { plan, progress, signal }: NetworksSettings,
  worker: WorkerPool,
): Promise<{ readonly loaded: ReadonlyMap<string, LoadAnswer>; readonly absent: readonly AbsentNetwork[] }> => {
  const loaded = new Map<string, LoadAnswer>();
  const absent: AbsentNetwork[] = [];
  const { parameters } = plan;
  for (const { name, size } of plan.tasks) {
    signal.throwIfAborted();
    progress.advance(`${name} ${size}: prepares its data`);
    const answer = await worker.request<LoadAnswer>({ work: 'load', task: name, size });
    loaded.set(name, answer);
    for (const network of plan.networks)
      try {
        const trial = { network, frequency: 1, seed: 0, ...(parameters !== undefined && { parameters }) };
        networkOfTrial(trial, taskNamed(name), answer);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        absent.push({ task: name, network, reason: error.message });
      }
  }
  return { loaded, absent };
};

/**
 * Runs the comparison, and writes `results.json` and `index.html` into the folder now and then. The results of single
 * fits are kept in its folder `trials`, and times of steps in its file `times.json`; they are not measured again. When
 * the run is stopped, it writes the results so far and then throws the signal's reason.
 */
export const runNetworks = async (settings: NetworksSettings): Promise<NetworkResults> => {
  const { backend, versions, workers, fresh, retime, output, environment, command, signal, progress, save } = settings;
  const begun = performance.now();
  const commandWith = (...threads: readonly string[]) => ({
    program: process.execPath,
    args: [peerEntry, backend, 'networks', ...threads],
  });
  const whole = createWorkerPool(commandWith());
  const threads = Math.max(1, Math.floor(environment.cores / workers));
  const pool = workers === 1 ? whole : createWorkerPool(commandWith(String(threads)));
  const stop = (): void => {
    whole.dispose();
    pool.dispose();
  };
  signal.addEventListener('abort', stop);
  let found: NetworkResults | undefined;
  try {
    const { loaded, absent } = await loadTasks(settings, whole);
    const plan: NetworksPlan = {
      ...settings.plan,
      isPossible: (task, network) => !absent.some(each => each.task === task && each.network === network),
    };
    for (const { task, network, reason } of absent) progress.warn(`${task}: ${network} is left out: ${reason}`);
    const machine = { processor: environment.processor, cores: String(environment.cores), backend, ...versions };
    const code = workerCode(backend);
    const hashOf = (task: string): string => loaded.get(task)?.hash ?? '';
    const timeEnvironment = ({ task }: TimedNetwork) => ({ ...machine, data: hashOf(task) });
    const times = await runTimings(timedNetworksOf(plan), {
      ...{ worker: whole, again: fresh || retime, signal, environmentOf: timeEnvironment },
      store: createNetworkTimeStore(output, timeEnvironment),
      log: progress.log,
      report: progress.advance,
    });
    if (pool !== whole) whole.dispose();
    const timeOf = new Map(times.map(each => [timedNetworkKey(each.timed), each]));
    const context = {
      evaluations: plan.evaluations,
      timeOf: (timed: TimedNetwork) => timeOf.get(timedNetworkKey(timed)),
      workOf: (task: string) => ({
        points: loaded.get(task)?.facts.points ?? 0,
        derivative: taskNamed(task).derivative,
      }),
    };
    const predicted = predictedRun(plan, context);
    progress.expect(predicted);
    progress.log(
      `about ${plural(countNetworkTrials(plan), 'fit')}, ${plural(workers, 'fit')} at a time; ${formatSeconds(predicted)} on a quiet machine if none is done`,
    );
    const store = createResultStore<NetworkTrial, NetworkResult>(join(output, 'trials'), {
      revision: NETWORK_TRIAL_REVISION,
      environmentOf: ({ task }) => ({
        ...{ backend, code, data: hashOf(task), evaluations: String(plan.evaluations) },
        kernels: versions['kernels'] ?? '',
        threads: String(threads),
      }),
    });
    await runFits(plan, {
      ...{ store, fresh, workers, signal, log: progress.log },
      report: (trial, what) => {
        if (what === 'begins') progress.advance(describeNetworkTrial(trial));
        else progress.done(predictedFit(trial, context));
      },
      run: trial => {
        const steps = plannedSteps(trial, context.timeOf(timedNetworkOf(trial)));
        if (steps === undefined) throw new PeerError('its steps could not be timed, which a budget in seconds needs');
        return pool.request<NetworkResult>({ work: 'fit', trial, steps, evaluations: plan.evaluations });
      },
      save: async (trials, complete) => {
        found = {
          ...{
            command,
            complete,
            environment,
            backend: { name: backend, versions },
            workers,
            times,
            absent,
            ...trials,
          },
          seconds: (performance.now() - begun) / 1000,
          tasks: [...loaded.values()].map(({ facts }) => facts),
        };
        await save(found, { 'index.html': makeNetworksPage(found) });
      },
    });
    return found as NetworkResults;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    progress.stop();
  }
};
