/** @file A process that fits networks to tasks, and times their steps. */
import { fitTrial, truthFacts } from '../networks/fit-trial.ts';
import type { LoadAnswer, NetworksRequest } from '../networks/requests.ts';
import type { TaskProblem } from '../networks/tasks/task.ts';
import { taskNamed } from '../networks/tasks/tasks.ts';
import { TimedFit } from '../networks/timed-fit.ts';
import { timedNetworkKey } from '../networks/trial.ts';
import { type BackendName, describeBackend, loadBackend, useThreads } from './backends.ts';
import { serveRequests } from './peer.ts';

/** The data of tasks that were asked for. */
const createProblems = (): ((task: string, size: number) => Promise<TaskProblem>) => {
  const known = new Map<string, Promise<TaskProblem>>();
  return (task, size) => {
    const key = `${task} ${size}`;
    const found = known.get(key) ?? taskNamed(task).create(size);
    known.set(key, found);
    return found;
  };
};

/**
 * Serves fits and timings on a backend.
 *
 * @param threads all if absent
 */
export const serveNetworksPeer = (backend: () => Promise<BackendName>, threads?: number): Promise<void> => {
  const problemOf = createProblems();
  const timings = new Map<string, TimedFit>();
  return serveRequests<{ readonly description: Awaited<ReturnType<typeof describeBackend>> }, NetworksRequest>(
    async () => {
      const name = await backend();
      await loadBackend(name);
      if (threads !== undefined) await useThreads(name, threads);
      return { description: await describeBackend(name) };
    },
    async (_, request) => {
      switch (request.work) {
        case 'load': {
          const { task, size } = request;
          const problem = await problemOf(task, size);
          const { inFeatures, outFeatures, samples, hash, points, baseline } = problem;
          const facts = { task, size, points, baseline, ...(await truthFacts(problem)) };
          return { inFeatures, outFeatures, samples, hash, facts } satisfies LoadAnswer;
        }
        case 'fit': {
          const { trial, steps, evaluations } = request;
          const problem = await problemOf(trial.task, trial.size);
          return fitTrial(trial, { task: taskNamed(trial.task), problem, steps, evaluations });
        }
        case 'begin-timing': {
          const { timed, roundSeconds } = request;
          const problem = await problemOf(timed.task, timed.size);
          const begun = await TimedFit.begin(timed, { task: taskNamed(timed.task), problem, roundSeconds });
          timings.set(timedNetworkKey(timed), begun);
          return { firstStep: begun.firstStep };
        }
        case 'time': {
          const timing = timings.get(timedNetworkKey(request.timed));
          if (timing === undefined) throw new Error('no such timing was begun');
          return { seconds: await timing.time() };
        }
        case 'end-timing':
          for (const timing of timings.values()) await timing.dispose();
          timings.clear();
          return {};
      }
    },
  );
};
