/** @file The whole run: measures one case after the other, and writes all results so far after each. */
import { totalmem } from 'node:os';
import { describeError } from '@neural-fields/app-kit';
import type { Problem, Supervision } from '../protocol.ts';
import { measureAttainableRate } from './attainable-rate.ts';
import { describeCase, describeOutcome, describeSgemm } from './describe.ts';
import { readForeignLoad } from './environment.ts';
import { History } from './history.ts';
import { makeMarkdown } from './markdown.ts';
import { matrixOperations } from './matrix-work.ts';
import { type MeasuredProblem, measureCase, type Participant } from './measure-case.ts';
import { peersToBeat } from './opponents.ts';
import { makeSpeedPage } from './page.ts';
import type { PeerCommand } from './peer-process.ts';
import { writeProblems } from './problems.ts';
import type { CardFacts, Case, Outcome, PeerState, Result, Results, SgemmRate } from './results.ts';
import { MEMORY_SHARE, type RunSettings, withRunFrame } from './run-frame.ts';
import { bestSgemm, measureSgemm, mergeSgemm } from './sgemm.ts';
import { createVerifier } from './verifier.ts';

/** What is measured. */
export interface SpeedSettings extends RunSettings {
  readonly widths: readonly number[];
  readonly points: readonly number[];
  readonly supervisions: readonly Supervision[];
  /** Seconds for all cases together, divided evenly among those that are left; none if absent. */
  readonly timeLimit?: number;
  /** Seconds that a peer may spend on trying ways and chunk sizes in each case; no limit if absent. */
  readonly trialLimit?: number;
  /** Copied into the results. */
  readonly about?: CardFacts;
}

/** The peers on the processor whose matrix products are counted. */
const COUNTED = /^(native|simd|pytorch.*|jax)$/;

/** The order of the cases: from few points to many, so that fewer points show which cases would take too long. */
const listCases = ({ widths, points, supervisions }: SpeedSettings): Case[] =>
  widths.flatMap(width =>
    supervisions.flatMap(supervision =>
      [...points].sort((a, b) => a - b).map(count => ({ supervision, width, points: count })),
    ),
  );

/**
 * Measures, and writes `results.json`, `index.html` and `report.md` into the folder after each case. When the run is
 * stopped, it writes the results so far and then throws the signal's reason.
 *
 * @throws InputError when the folder cannot be used, or when no peer is available
 */
export const runSpeed = async (settings: SpeedSettings): Promise<Results> => {
  const { rounds, stepLimit, timeLimit, trialLimit, signal, progress, command, about } = settings;
  let found: Results | undefined;
  await withRunFrame(settings, async frame => {
    const { environment, commands, states, deviceRates, pytorchPython, scratch, seconds, save } = frame;
    const results: Result[] = [];
    const rates: number[] = [];
    const foreignLoad: number[] = [];
    let sgemm: readonly SgemmRate[] = [];
    const problems = writeProblems(scratch, { ...settings, points: Math.max(64, ...settings.points) });
    const verifier = createVerifier(scratch, problems);
    const history = new History();
    /** Measures the rates of matrix products on the processor, if a peer whose products are counted runs on it. */
    const updateSgemm = async (): Promise<void> => {
      if (about !== undefined) return;
      const isCounted = ([name, state]: [string, PeerState]): boolean =>
        COUNTED.test(name) && !('unavailable' in state) && state.device === undefined;
      if (!Object.entries(states).some(isCounted)) return;
      if (pytorchPython === undefined)
        return progress.log('sgemm: not measured: no Python with numpy and PyTorch is installed');
      progress.log('sgemm: measures matrix products of numpy and PyTorch');
      try {
        sgemm = mergeSgemm(sgemm, await measureSgemm(pytorchPython, signal));
      } catch (error) {
        signal.throwIfAborted();
        return progress.log(`sgemm: not measured: ${describeError(error)}`);
      }
      const best = bestSgemm(sgemm);
      if (best) progress.log(`sgemm: ${describeSgemm(best)}`);
    };
    const saveResults = async (complete: boolean): Promise<void> => {
      found = {
        ...{
          command,
          complete,
          rounds,
          stepLimit,
          environment,
          foreignLoad,
          results,
          deviceRates,
          sgemm,
          peers: states,
          ...(about && { about }),
        },
        seconds: seconds(),
        disagreements: verifier.disagreements,
        ...(rates.length > 0 && { attainableRate: Math.max(...rates) }),
      };
      await save(found, { 'index.html': makeSpeedPage(found), 'report.md': makeMarkdown(found, peersToBeat) });
    };
    await updateSgemm();
    const cases = listCases(settings);
    const begun = seconds();
    for (const [index, each] of cases.entries()) {
      const outcomes = new Map<string, Outcome>();
      const participants: Participant[] = [];
      for (const [name, state] of Object.entries(states)) {
        const known = 'unavailable' in state ? state.unavailable : history.reasonAgainst(name, each);
        if (known !== undefined) outcomes.set(name, { state: 'not run', reason: known });
        else
          participants.push({ name, command: commands.get(name) as PeerCommand, ...history.expectation(name, each) });
      }
      foreignLoad.push(await readForeignLoad());
      // Once for each width and supervision.
      if (commands.has('simd') && each.points === Math.min(...settings.points)) {
        const rate = await measureAttainableRate().catch(() => undefined);
        if (rate !== undefined) rates.push(rate);
      }
      const measuredProblem: MeasuredProblem<Problem> = {
        problem: problems.problem(each.supervision, each.width, each.points),
        operations: products => matrixOperations(each, products),
        verify: async (name, process, { way }) => {
          const { secondsPerPoint, problem } = await verifier.verify(name, process, each, way);
          return { guess: secondsPerPoint * each.points, ...(problem !== undefined && { problem }) };
        },
      };
      const measured = await measureCase(measuredProblem, participants, {
        ...{ rounds, stepLimit, trialLimit, signal },
        ...(timeLimit !== undefined && { timeLimit: (timeLimit + begun - seconds()) / (cases.length - index) }),
        memory: MEMORY_SHARE * totalmem(),
        report: (peer, doing) => progress.advance(`${describeCase(each)}: ${peer} ${doing}`),
      });
      for (const name of Object.keys(states)) {
        const outcome = outcomes.get(name) ?? measured.get(name);
        if (outcome === undefined) continue;
        history.add(name, each, outcome);
        results.push({ peer: name, case: each, outcome });
      }
      progress.log(
        `${describeCase(each)}: ${[...measured].map(([name, outcome]) => `${name} ${describeOutcome(outcome)}`).join(', ')}`,
      );
      await saveResults(false);
      signal.throwIfAborted();
    }
    await updateSgemm();
    await saveResults(true);
  });
  return found as Results;
};
