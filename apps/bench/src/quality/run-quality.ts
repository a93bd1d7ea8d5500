/** @file The whole run: times the steps of all methods, runs the trials, and writes all results so far after each. */
import { join } from 'node:path';
import { formatSeconds, plural } from '@neural-fields/app-kit';
import { type RunSettings, withRunFrame } from '../speed/run-frame.ts';
import { makeQualityMarkdown } from './markdown.ts';
import { makeQualityPage } from './page.ts';
import { peerCode } from './peer-code.ts';
import type { Plan } from './plan.ts';
import { countTrials, predictedSeconds, timedCases } from './predicted.ts';
import { hashSignal, type QualitySignal } from './quality-signal.ts';
import { createResultStore } from './result-store.ts';
import type { QualityResults, SignalFacts, TrialResult } from './results.ts';
import { runTimes } from './run-times.ts';
import { runTrial } from './run-trial.ts';
import { runTrials } from './run-trials.ts';
import { signalNamed } from './signals.ts';
import { createStepTimeStore } from './step-time.ts';
import { caseKey, timedCaseOf } from './timed-case.ts';
import { describeTrial, type QualityPeer, TRIAL_REVISION, type Trial } from './trial.ts';

/** What is measured. */
export interface QualitySettings extends RunSettings {
  readonly plan: Plan;
  /** How often each field is evaluated. */
  readonly evaluations: number;
  /** Whether to repeat trials whose results are stored, and to measure the times of steps again. */
  readonly fresh?: boolean;
  /** Whether to measure the times of steps again. */
  readonly retime?: boolean;
}

/** A plan without the peers that are not available, and without families that have no other. */
const availablePlan = (plan: Plan, available: ReadonlyMap<string, unknown>): Plan => ({
  ...plan,
  families: plan.families
    .map(family => ({ ...family, peers: family.peers.filter(peer => available.has(peer)) }))
    .filter(({ peers }) => peers.length > 0),
});

/**
 * Times the steps of all methods, runs the trials, and writes `results.json`, `index.html` and `report.md` into the
 * folder after each trial. The results of single trials are kept in its folder `trials`, and times of steps in its file
 * `times.json`; they are not measured again. When the run is stopped, it writes the results so far and then throws the
 * signal's reason.
 *
 * @throws InputError when the folder cannot be used, no peer is available, or a signal has too few samples
 */
export const runQuality = async (settings: QualitySettings): Promise<QualityResults> => {
  const { evaluations, fresh = false, retime = false, signal, progress, command } = settings;
  let found: QualityResults | undefined;
  await withRunFrame(settings, async ({ environment, commands, states, scratch, seconds, save }) => {
    const plan = availablePlan(settings.plan, commands);
    const codes = new Map([...commands.keys()].map(peer => [peer, peerCode(peer as QualityPeer)]));
    const made = new Map<string, QualitySignal>();
    const hashes = new Map<string, string>();
    const environmentOf = (peer: string): Readonly<Record<string, string>> => {
      const state = states[peer];
      return {
        ...{ processor: environment.processor, cores: String(environment.cores) },
        ...(state && 'versions' in state && state.versions),
        code: codes.get(peer) ?? '',
      };
    };
    const store = createResultStore<Trial, TrialResult>(join(settings.output, 'trials'), {
      revision: TRIAL_REVISION,
      environmentOf: ({ signal: name, size, method: { peer } }) => ({
        ...environmentOf(peer),
        ...{ evaluations: String(evaluations), signal: hashes.get(`${name} ${size}`) ?? '' },
      }),
    });
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
    for (const { name, size } of plan.signals) await signalOf({ signal: name, size });
    const { times, failures: timeFailures } = await runTimes(timedCases(plan), {
      ...{ commands, scratch, environmentOf, settings, signalOf, again: fresh || retime },
      store: createStepTimeStore(settings.output, environmentOf),
    });
    const predicted = predictedSeconds(plan, { evaluations, times });
    progress.log(`about ${plural(countTrials(plan), 'trial')}, ${formatSeconds(predicted)} on a quiet machine`);
    const timeOf = new Map(times.map(each => [caseKey(each.case), each]));
    const foreignLoad = times.map(({ foreignLoad: load }) => load);
    await runTrials(plan, {
      ...{ store, fresh, progress, signal },
      run: async trial =>
        runTrial(trial, {
          command: commands.get(trial.method.peer)!, // only those of the available plan are run
          ...{ signal: await signalOf(trial), scratch, evaluations, abort: signal },
          time: timeOf.get(caseKey(timedCaseOf(trial))),
          report: doing => progress.advance(`${describeTrial(trial)}: ${doing}`),
        }),
      save: async (trials, complete) => {
        found = {
          ...{ command, complete, environment, peers: states, foreignLoad, signals, times, timeFailures, ...trials },
          seconds: seconds(),
        };
        await save(found, { 'index.html': makeQualityPage(found), 'report.md': makeQualityMarkdown(found) });
      },
    });
  });
  return found as QualityResults;
};
