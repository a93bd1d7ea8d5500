/** @file The results of a network on a task: its sweeps, and all seeds at the best settings. */
import { type Spread, spreadOf } from '../quality/summaries.ts';
import { bestSetting } from './best-setting.ts';
import type { NetworkResult, NetworkResults, TaskFacts } from './results.ts';
import type { NetworkStepTime } from './step-times.ts';
import type { ComparisonTask } from './tasks/task.ts';
import { taskNamed } from './tasks/tasks.ts';
import { type NetworkTrial, timedNetworkKey, timedNetworkOf } from './trial.ts';

/** A network on a task, at its best settings. */
export interface NetworkSummary {
  readonly network: string;
  /** The trial of the first seed. */
  readonly trial: NetworkTrial;
  readonly parameters: number;
  readonly steps: number;
  /** How many fits with these settings there are, and how many of them diverged. */
  readonly seeds: number;
  readonly diverged: number;
  /** By the names of figures, of the fits that did not diverge. */
  readonly figures: Readonly<Record<string, Spread>>;
  /** The fits with these settings. */
  readonly results: readonly NetworkResult[];
  /** All fits of the network on the task: its sweeps. */
  readonly all: readonly NetworkResult[];
  readonly time?: NetworkStepTime;
}

/** A task with the networks that were fitted to it. */
export interface TaskSummary {
  readonly task: ComparisonTask;
  readonly facts: TaskFacts;
  readonly networks: readonly NetworkSummary[];
}

const settingsKey = ({ rate, frequency }: NetworkTrial): string => JSON.stringify([rate, frequency]);

/** The fits with the best settings: of the frequency at which most rates were tried, the best rate. */
const atBest = (all: readonly NetworkResult[], decides: string): readonly NetworkResult[] => {
  const bySettings = new Map<string, NetworkResult[]>();
  for (const result of all) {
    const key = settingsKey(result.trial);
    bySettings.set(key, [...(bySettings.get(key) ?? []), result]);
  }
  const groups = [...bySettings.values()];
  const place = bestSetting(all, {
    decides,
    settingOf: result => groups.findIndex(group => group.includes(result)),
  });
  return groups[place ?? 0] as readonly NetworkResult[];
};

const summarise = (
  all: readonly NetworkResult[],
  { decides, times }: { readonly decides: string; readonly times: ReadonlyMap<string, NetworkStepTime> },
): NetworkSummary => {
  const results = atBest(all, decides);
  const [first] = results as readonly [NetworkResult];
  const finished = results.filter(({ diverged }) => diverged === undefined);
  const names = Object.keys(finished[0]?.figures ?? {});
  const time = times.get(timedNetworkKey(timedNetworkOf(first.trial)));
  return {
    ...{ network: first.trial.network, trial: first.trial, parameters: first.parameters, steps: first.steps },
    ...{ seeds: results.length, diverged: results.length - finished.length, results, all },
    figures: Object.fromEntries(
      names.map(name => [name, spreadOf(finished.map(({ figures }) => figures[name] ?? Number.NaN))]),
    ),
    ...(time && { time }),
  };
};

/** All tasks of a run that have results, in order. */
export const taskSummaries = ({
  tasks,
  results,
  times,
}: Pick<NetworkResults, 'tasks' | 'results' | 'times'>): readonly TaskSummary[] => {
  const byKey = new Map(times.map(time => [timedNetworkKey(time.timed), time]));
  return tasks.flatMap(facts => {
    const task = taskNamed(facts.task);
    const some = results.filter(({ trial }) => trial.task === facts.task && trial.size === facts.size);
    const networks = [...new Set(some.map(({ trial }) => trial.network))].map(network =>
      summarise(
        some.filter(({ trial }) => trial.network === network),
        { decides: task.figures[0].name, times: byKey },
      ),
    );
    return networks.length === 0 ? [] : [{ task, facts, networks }];
  });
};
