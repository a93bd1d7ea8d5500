/** @file The whole run: runs the trials that are not done yet, and writes all results so far after each. */
import { join } from 'node:path';
import { formatSeconds, plural } from '@neural-fields/app-kit';
import { PeerError } from '../speed/peer-process.ts';
import { type RunSettings, withRunFrame } from '../speed/run-frame.ts';
import { makeQualityMarkdown } from './markdown.ts';
import { makeQualityPage } from './page.ts';
import { peerCode } from './peer-code.ts';
import { predictedSeconds } from './profiles.ts';
import type { QualityResults, SignalFacts, TrialFailure, TrialResult } from './results.ts';
import { runTimes } from './run-times.ts';
import { runTrial } from './run-trial.ts';
import { type QualitySignal, signalNamed } from './signals.ts';
import { createStepTimeStore } from './step-time.ts';
import { caseKey, timedCaseOf, timedCasesOf } from './timed-case.ts';
import { describeTrial, type QualityPeer, type Trial } from './trial.ts';
import { createTrialStore, hashSignal } from './trial-store.ts';

/** What is measured. */
export interface QualitySettings extends RunSettings {
  readonly trials: readonly Trial[];
  /** How often each field is evaluated. */
  readonly evaluations: number;
  /** Whether to repeat trials whose results are stored. */
  readonly fresh?: boolean;
  /** Whether to measure the times of steps again; `fresh` does, too. */
  readonly retime?: boolean;
}

const describeResult = ({ final, wall, steps, diverged }: TrialResult): string =>
  `${diverged === undefined ? '' : 'diverged; '}${final.psnr.toFixed(2)} dB at and ${final.between.toFixed(2)} dB between the samples, ${plural(steps, 'step')} in ${formatSeconds(wall)}`;

/**
 * Times the steps of all methods, runs the trials, and writes `results.json`, `index.html` and `report.md` into the folder after each trial. The results of
 * single trials are kept in its folder `trials`, and times of steps in its file `times.json`; they are not measured
 * again. When the run is stopped, it writes the results so far and then throws the signal's reason.
 *
 * @throws InputError when the folder cannot be used, no peer is available, or a signal has too few samples
 */
export const runQuality = async (settings: QualitySettings): Promise<QualityResults> => {
  const { trials, evaluations, fresh = false, retime = false, signal, progress, command } = settings;
  let found: QualityResults | undefined;
  await withRunFrame(settings, async ({ environment, commands, states, scratch, seconds, save }) => {
    const codes = new Map([...new Set(trials.map(({ method }) => method.peer))].map(peer => [peer, peerCode(peer)]));
    const made = new Map<string, QualitySignal>();
    const hashes = new Map<string, string>();
    const environmentOf = (peer: string): Readonly<Record<string, string>> => {
      const state = states[peer];
      return {
        ...{ processor: environment.processor, cores: String(environment.cores) },
        ...(state && 'versions' in state && state.versions),
        code: codes.get(peer as QualityPeer) ?? '',
      };
    };
    const store = createTrialStore(join(settings.output, 'trials'), ({ signal: name, size, method: { peer } }) => ({
      ...environmentOf(peer),
      ...{ evaluations: String(evaluations), signal: hashes.get(`${name} ${size}`) ?? '' },
    }));
    const signals: SignalFacts[] = [];
    const signalOf = async ({ signal: name, size }: Pick<Trial, 'signal' | 'size'>): Promise<QualitySignal> => {
      const known = made.get(`${name} ${size}`);
      if (known !== undefined) return known;
      const definition = signalNamed(name);
      progress.log(`${name}: prepares ${definition.title}`);
      const created = await definition.create(size);
      made.set(`${name} ${size}`, created);
      hashes.set(`${name} ${size}`, hashSignal(created));
      signals.push({ name, size, title: definition.title, interpolation: created.interpolation });
      return created;
    };
    // A signal that cannot be created is an error before any work starts.
    for (const trial of trials) await signalOf(trial);
    const { times, failures: timeFailures } = await runTimes(timedCasesOf(trials), {
      ...{ commands, scratch, environmentOf, settings, signalOf, again: fresh || retime },
      store: createStepTimeStore(settings.output, environmentOf),
    });
    const timeOf = new Map(times.map(each => [caseKey(each.case), each]));
    const foreignLoad = times.map(({ foreignLoad: load }) => load);
    const results: TrialResult[] = [];
    const failures: TrialFailure[] = [];
    const saveResults = async (complete: boolean): Promise<void> => {
      found = {
        ...{ command, complete, environment, peers: states, foreignLoad, signals, results, failures },
        ...{ times, timeFailures },
        seconds: seconds(),
      };
      await save(found, { 'index.html': makeQualityPage(found), 'report.md': makeQualityMarkdown(found) });
    };
    const known = new Map(trials.map(trial => [trial, fresh ? undefined : store.read(trial)]));
    const open = trials.filter(trial => known.get(trial) === undefined && commands.has(trial.method.peer));
    if (open.length < trials.length)
      progress.log(`${plural(trials.length - open.length, 'trial')} of ${trials.length} done before or not to be run`);
    const outdated = fresh ? 0 : open.filter(store.hasOutdated).length;
    if (outdated > 0)
      progress.log(
        `${plural(outdated, 'trial')} measured before, but with other code, programs, signals or on another machine: measured again`,
      );
    const predicted = predictedSeconds(open);
    if (predicted !== undefined && open.length > 0)
      progress.log(`${plural(open.length, 'trial')}, about ${formatSeconds(predicted)}`);
    for (const trial of trials) {
      const what = await signalOf(trial);
      const kept = known.get(trial);
      const start = commands.get(trial.method.peer);
      if (kept !== undefined) {
        results.push(kept);
        continue;
      }
      if (start === undefined) continue; // The peer's state says why.
      try {
        const result = await runTrial(trial, {
          ...{ command: start, signal: what, scratch, evaluations, abort: signal },
          time: timeOf.get(caseKey(timedCaseOf(trial))),
          report: doing => progress.advance(`${describeTrial(trial)}: ${doing}`),
        });
        await store.write(result);
        results.push(result);
        progress.log(`${describeTrial(trial)}: ${describeResult(result)}`);
      } catch (error) {
        if (!(error instanceof PeerError) || signal.aborted) {
          await saveResults(false);
          throw error;
        }
        failures.push({ trial, reason: error.message });
        progress.log(`${describeTrial(trial)}: failed: ${error.message}`);
      }
      await saveResults(false);
    }
    await saveResults(true);
  });
  return found as QualityResults;
};
