/** @file Runs the trials of a plan that are not done yet, one after the other. */
import { formatSeconds, plural } from '@neural-fields/app-kit';
import type { RunProgress } from '../progress.ts';
import { PeerError } from '../speed/peer-process.ts';
import { type Plan, trialsOf } from './plan.ts';
import type { ResultStore } from './result-store.ts';
import type { TrialFailure, TrialResult } from './results.ts';
import { describeTrial, type Trial } from './trial.ts';

/** How trials are run. */
export interface RunTrialsOptions {
  readonly store: ResultStore<Trial, TrialResult>;
  /** Whether to repeat trials whose results are stored. */
  readonly fresh: boolean;
  readonly progress: Pick<RunProgress, 'log'>;
  readonly signal: AbortSignal;
  run(trial: Trial): Promise<TrialResult>;
  /** Called after each trial and at the end, also of a run that is stopped. */
  save(found: Trials, complete: boolean): Promise<void>;
}

/** The trials that gave results, and those whose peer failed, in the order of the plan. */
export interface Trials {
  readonly results: readonly TrialResult[];
  readonly failures: readonly TrialFailure[];
}

const describeResult = ({ final, wall, steps, diverged }: TrialResult): string =>
  `${diverged === undefined ? '' : 'diverged; '}${final.psnr.toFixed(2)} dB at and ${final.between.toFixed(2)} dB between the samples, ${plural(steps, 'step')} in ${formatSeconds(wall)}`;

/** @throws the error that ended the run, after the results so far were saved */
export const runTrials = async (plan: Plan, options: RunTrialsOptions): Promise<void> => {
  const { store, fresh, progress, signal, run, save } = options;
  const known = new Map<string, TrialResult | { readonly reason: string }>();
  const find = (trial: Trial): TrialResult | { readonly reason: string } | undefined => {
    const key = JSON.stringify(trial);
    const kept = known.get(key) ?? (fresh ? undefined : store.read(trial));
    if (kept !== undefined) known.set(key, kept);
    return kept;
  };
  const settled = (trial: Trial): TrialResult | 'failed' | undefined => {
    const result = find(trial);
    return result && 'reason' in result ? 'failed' : result;
  };
  const found = (): Trials => {
    const trials = trialsOf(plan, settled).map(trial => [trial, find(trial)] as const);
    return {
      results: trials.flatMap(([, result]) => (result === undefined || 'reason' in result ? [] : [result])),
      failures: trials.flatMap(([trial, result]) => (result && 'reason' in result ? [{ trial, ...result }] : [])),
    };
  };

  const before = trialsOf(plan, settled);
  const open = before.filter(trial => settled(trial) === undefined);
  if (open.length < before.length) progress.log(`${plural(before.length - open.length, 'trial')} done before`);
  const outdated = fresh ? 0 : open.filter(store.hasOutdated).length;
  if (outdated > 0)
    progress.log(
      `${plural(outdated, 'trial')} measured before, but with other code, programs, signals or on another machine: measured again`,
    );
  for (;;) {
    const trial = trialsOf(plan, settled).find(each => settled(each) === undefined);
    if (trial === undefined) break;
    try {
      const result = await run(trial);
      await store.write(trial, result);
      known.set(JSON.stringify(trial), result);
      progress.log(`${describeTrial(trial)}: ${describeResult(result)}`);
    } catch (error) {
      if (!(error instanceof PeerError) || signal.aborted) {
        await save(found(), false);
        throw error;
      }
      known.set(JSON.stringify(trial), { reason: error.message });
      progress.log(`${describeTrial(trial)}: failed: ${error.message}`);
    }
    await save(found(), false);
  }
  await save(found(), true);
};
