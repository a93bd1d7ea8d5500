/** @file The whole run: goes through the cases, and writes what was found after each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';
import type { Problem, Supervision } from '../protocol.ts';
import { measureAttainableRate } from './attainable-rate.ts';
import { describeCase, describeOutcome } from './describe.ts';
import { readEnvironment, readForeignLoad } from './environment.ts';
import { History } from './history.ts';
import { matrixOperations } from './matrix-work.ts';
import { type MeasuredProblem, measureCase, type Participant } from './measure-case.ts';
import { makeSpeedPage } from './page.ts';
import type { PeerCommand } from './peer-process.ts';
import { describeAbsence, makeFolder } from './preconditions.ts';
import { writeProblems } from './problems.ts';
import type { Case, Outcome, Result, Results } from './results.ts';
import { type StartOptions, startPeers } from './start-peers.ts';
import { createVerifier } from './verifier.ts';

/** What is measured, and where the results go. */
export interface SpeedOptions extends StartOptions {
  readonly widths: readonly number[];
  readonly points: readonly number[];
  readonly supervisions: readonly Supervision[];
  readonly rounds: number;
  /** Seconds. */
  readonly stepLimit: number;
  /** Made when it is missing. */
  readonly output: string;
  /** As it was given, for the page. */
  readonly command: string;
}

/**
 * The part of the machine's memory that a peer which cuts its points by memory may use: several peers are alive at a
 * time.
 */
export const MEMORY_SHARE = 0.15;

/** The order of the cases: from few points to many, so that what takes too long is known from fewer points. */
const listCases = ({ widths, points, supervisions }: SpeedOptions): Case[] =>
  widths.flatMap(width =>
    supervisions.flatMap(supervision =>
      [...points].sort((a, b) => a - b).map(count => ({ supervision, width, points: count })),
    ),
  );

/**
 * Measures, and writes `results.json` and `index.html` into the folder. When it is stopped it writes what there is, and
 * then throws the signal's reason.
 *
 * @throws InputError when the folder cannot be made or no peer can be had
 */
export const runSpeed = async (options: SpeedOptions): Promise<Results> => {
  const { output, rounds, stepLimit, signal, progress, command } = options;
  const begun = performance.now();
  makeFolder(output);
  const environment = readEnvironment();
  const { commands, states, deviceRates } = await startPeers(options);
  if (commands.size === 0) throw new InputError(describeAbsence(states, options));
  const scratch = mkdtempSync(join(tmpdir(), 'neural-fields-bench-'));
  const results: Result[] = [];
  const rates: number[] = [];
  const foreignLoad: number[] = [];
  const problems = writeProblems(scratch, { ...options, points: Math.max(64, ...options.points) });
  const verifier = createVerifier(scratch, problems);
  const history = new History();
  const summary = (complete: boolean): Results => ({
    ...{ command, complete, rounds, stepLimit, environment, foreignLoad, results, deviceRates, peers: states },
    seconds: (performance.now() - begun) / 1000,
    disagreements: verifier.disagreements,
    ...(rates.length > 0 && { attainableRate: Math.max(...rates) }),
  });
  const save = async (complete: boolean): Promise<Results> => {
    const found = summary(complete);
    const text = new TextEncoder();
    await writeFileAtomically(join(output, 'results.json'), text.encode(`${JSON.stringify(found, null, 2)}\n`));
    await writeFileAtomically(join(output, 'index.html'), text.encode(makeSpeedPage(found)));
    return found;
  };
  try {
    for (const each of listCases(options)) {
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
      if (commands.has('simd') && each.points === Math.min(...options.points)) {
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
        ...{ rounds, stepLimit, signal },
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
      await save(false);
      signal.throwIfAborted();
    }
    return await save(true);
  } finally {
    progress.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
};
