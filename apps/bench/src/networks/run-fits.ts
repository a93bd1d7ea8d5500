/** @file Runs the fits of a plan that are not done yet, several at a time. */
import { formatSeconds, plural } from '@neural-fields/app-kit';
import type { ResultStore } from '../quality/result-store.ts';
import { PeerError } from '../speed/peer-process.ts';
import { type NetworksPlan, networkTrialsOf } from './plan.ts';
import type { NetworkResult, NetworkResults } from './results.ts';
import { taskNamed } from './tasks/tasks.ts';
import { describeNetworkTrial, type NetworkTrial } from './trial.ts';

/** How fits are run. */
export interface RunFitsOptions {
  readonly store: ResultStore<NetworkTrial, NetworkResult>;
  /** Whether to repeat fits whose results are stored. */
  readonly fresh: boolean;
  /** The number of fits at a time. */
  readonly workers: number;
  readonly signal: AbortSignal;
  log(line: string): void;
  /** Called when a fit begins, and when one has ended. */
  report(trial: NetworkTrial, what: 'begins' | 'ended'): void;
  /** @throws PeerError when its process fails */
  run(trial: NetworkTrial): Promise<NetworkResult>;
  /** Called now and then, and at the end, also of a run that is stopped. */
  save(found: Pick<NetworkResults, 'results' | 'failures'>, complete: boolean): Promise<void>;
}

/** Milliseconds between two reports that are written while fits run. */
const SAVE_EVERY = 30_000;

const describeResult = ({ trial, figures, wall, diverged }: NetworkResult): string => {
  const shown = taskNamed(trial.task).figures.flatMap(({ name, title, unit }) => {
    const value = figures[name];
    return value === undefined ? [] : [`${title} ${value.toFixed(unit === 'dB' ? 2 : 4)}${unit === 'dB' ? ' dB' : ''}`];
  });
  return `${diverged === undefined ? shown.join(', ') : `diverged: ${diverged}`}; ${formatSeconds(wall)}`;
};

/** @throws the error that ended the run, after the results so far were saved */
export const runFits = async (plan: NetworksPlan, options: RunFitsOptions): Promise<void> => {
  const { store, fresh, workers, signal, log, report, run, save } = options;
  const known = new Map<string, NetworkResult | { readonly reason: string }>();
  const find = (trial: NetworkTrial): NetworkResult | { readonly reason: string } | undefined => {
    const key = JSON.stringify(trial);
    const kept = known.get(key) ?? (fresh ? undefined : store.read(trial));
    if (kept !== undefined) known.set(key, kept);
    return kept;
  };
  const settled = (trial: NetworkTrial): NetworkResult | 'failed' | undefined => {
    const result = find(trial);
    return result && 'reason' in result ? 'failed' : result;
  };
  const found = (): Pick<NetworkResults, 'results' | 'failures'> => {
    const trials = networkTrialsOf(plan, settled).map(trial => [trial, find(trial)] as const);
    return {
      results: trials.flatMap(([, result]) => (result === undefined || 'reason' in result ? [] : [result])),
      failures: trials.flatMap(([trial, result]) => (result && 'reason' in result ? [{ trial, ...result }] : [])),
    };
  };

  const before = networkTrialsOf(plan, settled);
  const open = before.filter(trial => settled(trial) === undefined);
  if (open.length < before.length) log(`${plural(before.length - open.length, 'fit')} done before`);
  const outdated = fresh ? 0 : open.filter(store.hasOutdated).length;
  if (outdated > 0)
    log(`${plural(outdated, 'fit')} done before, but with other code or data, or on another machine: done again`);
  for (const trial of before) if (settled(trial) !== undefined) report(trial, 'ended');

  const running = new Map<string, Promise<void>>();
  const start = (trial: NetworkTrial): void => {
    const key = JSON.stringify(trial);
    report(trial, 'begins');
    const work = async (): Promise<void> => {
      try {
        const result = await run(trial);
        await store.write(trial, result);
        known.set(key, result);
        log(`${describeNetworkTrial(trial)}: ${describeResult(result)}`);
      } catch (error) {
        if (!(error instanceof PeerError) || signal.aborted) throw error;
        known.set(key, { reason: error.message });
        log(`${describeNetworkTrial(trial)}: failed: ${error.message}`);
      } finally {
        running.delete(key);
      }
      report(trial, 'ended');
    };
    running.set(key, work());
  };
  let savedAt = performance.now();
  try {
    for (;;) {
      signal.throwIfAborted();
      const waiting = networkTrialsOf(plan, settled).filter(
        trial => settled(trial) === undefined && !running.has(JSON.stringify(trial)),
      );
      for (const trial of waiting.slice(0, Math.max(0, workers - running.size))) start(trial);
      if (running.size === 0) break;
      await Promise.race(running.values());
      if (performance.now() - savedAt < SAVE_EVERY) continue;
      await save(found(), false);
      savedAt = performance.now();
    }
  } catch (error) {
    await Promise.allSettled(running.values());
    await save(found(), false);
    signal.throwIfAborted();
    throw error;
  }
  await save(found(), true);
};
