/** @file Times the steps of all methods on a signal: they take turns, round after round, so that a load meets all. */
import { setTimeout } from 'node:timers/promises';
import { readForeignLoad } from '../speed/environment.ts';
import { type PeerCommand, PeerError, PeerProcess } from '../speed/peer-process.ts';
import { timesOf } from '../speed/statistics.ts';
import type { BeginAnswer, QualityProblem, QualityRequest, TrainAnswer } from './problem.ts';
import type { QualitySignal } from './quality-signal.ts';
import type { StepTime } from './step-time.ts';
import { caseKey, describeTimed, periodOf, type TimedCase } from './timed-case.ts';
import { writeTrialFiles } from './trial-files.ts';

/** What cases are timed with. */
export interface TimeOptions {
  readonly commands: ReadonlyMap<string, PeerCommand>;
  readonly signal: QualitySignal;
  /** A folder for the files of problems. */
  readonly scratch: string;
  /** How often each case is timed. */
  readonly rounds: number;
  readonly environmentOf: (peer: string) => Readonly<Record<string, string>>;
  readonly abort: AbortSignal;
  /** Called before each part of the work. */
  report(doing: string): void;
}

/** The times, and why some cases have none. */
export interface MeasuredTimes {
  readonly times: readonly StepTime[];
  readonly failures: readonly { readonly case: TimedCase; readonly reason: string }[];
}

/** At most so many peers are alive at a time. */
const MAX_PROCESSES = 8;
/** The steps of a round together take at least so long, in seconds. */
const ROUND_SECONDS = 0.3;
/** Milliseconds between two peers, in which the threads of the earlier one stop waiting busily. */
const PAUSE = 50;
/** So small that parameters stay where they are, and more steps than are taken. */
const TIMED_RUN = { rate: 1e-9, steps: 1_000_000 } as const;
/** Seconds that a peer may take to start, and for a part of its work. */
const START_TIMEOUT = 120;
const WORK_TIMEOUT = 1200;

interface Ready {
  readonly timed: TimedCase;
  readonly process: PeerProcess;
  readonly choice: BeginAnswer;
  readonly firstStep: number;
  readonly count: number;
  readonly rounds: number[];
}

/** Times at most {@link MAX_PROCESSES} cases. */
const measureTogether = async (cases: readonly TimedCase[], options: TimeOptions): Promise<MeasuredTimes> => {
  const { commands, signal, scratch, rounds, environmentOf, abort, report } = options;
  const failures: { readonly case: TimedCase; readonly reason: string }[] = [];
  const running = new Set<PeerProcess>();

  /** Runs some work of a peer; its error becomes a failure of the case. */
  const attempt = async <T>(timed: TimedCase, doing: string, work: () => Promise<T>): Promise<T | undefined> => {
    if (failures.some(failed => failed.case === timed)) return undefined;
    abort.throwIfAborted();
    report(`${describeTimed(timed)}: ${doing}`);
    try {
      return await work();
    } catch (error) {
      abort.throwIfAborted();
      if (!(error instanceof PeerError)) throw error;
      failures.push({ case: timed, reason: error.message });
      return undefined;
    }
  };

  const prepare = async (timed: TimedCase): Promise<Ready> => {
    const command = commands.get(timed.method.peer);
    if (command === undefined) throw new PeerError('its peer is not available');
    const method = { ...timed.method, rate: TIMED_RUN.rate, schedule: 'constant' } as const;
    const files = writeTrialFiles(scratch, { ...timed, method, budget: TIMED_RUN, seed: 0 }, signal);
    const process = await PeerProcess.start(command, START_TIMEOUT);
    running.add(process);
    const ask = <A extends object>(request: QualityRequest): Promise<A> => process.request<A>(request, WORK_TIMEOUT);
    const begin = async (evaluateEvery: number, chosen?: BeginAnswer): Promise<BeginAnswer> => {
      const problem: QualityProblem = { ...files, steps: TIMED_RUN.steps, evaluateEvery };
      return ask({ work: 'begin', problem, ...(chosen && { chosen }) });
    };
    const train = async (): Promise<number> => (await ask<TrainAnswer>({ work: 'train' })).seconds;
    const choice = await begin(1);
    const firstStep = await train();
    const step = Math.min(await train(), await train());
    const period = periodOf(timed.method);
    const count = period * Math.max(1, Math.ceil(ROUND_SECONDS / (period * step)));
    await begin(count, choice);
    await train(); // warm-up
    return { timed, process, choice, firstStep, count, rounds: [] };
  };

  try {
    const before = await readForeignLoad();
    const ready: Ready[] = [];
    for (const timed of cases) {
      const prepared = await attempt(timed, 'prepares to be timed', () => prepare(timed));
      if (prepared) ready.push(prepared);
    }
    for (let round = 0; round < rounds; round++)
      for (const { timed, process, count, rounds: times } of ready)
        await attempt(timed, `timed, round ${round + 1} of ${rounds}`, async () => {
          await setTimeout(PAUSE);
          const { seconds } = await process.request<TrainAnswer>({ work: 'train' }, WORK_TIMEOUT);
          times.push(seconds / count);
        });
    for (const process of running) process.dispose();
    await setTimeout(PAUSE);
    const foreignLoad = Math.max(before, await readForeignLoad());
    const times = ready
      .filter(({ timed }) => !failures.some(failed => failed.case === timed))
      .map(({ timed, choice, firstStep, rounds: measured }): StepTime => {
        const step = timesOf(measured);
        const environment = environmentOf(timed.method.peer);
        const facts = { choice, foreignLoad, environment, date: new Date().toISOString() };
        return { case: timed, first: Math.max(0, firstStep - step.median), step, ...facts };
      });
    return { times, failures };
  } finally {
    for (const process of running) process.dispose();
  }
};

/**
 * Times the steps of cases that share a signal and a network: a warm-up, then blocks of steps in turns.
 *
 * @throws the reason of `abort` when it is aborted
 */
export const measureTimes = async (cases: readonly TimedCase[], options: TimeOptions): Promise<MeasuredTimes> => {
  const found: MeasuredTimes[] = [];
  for (let start = 0; start < cases.length; start += MAX_PROCESSES)
    found.push(await measureTogether(cases.slice(start, start + MAX_PROCESSES), options));
  const all = found.flatMap(({ times }) => times);
  const sorted = cases.flatMap(timed => all.find(each => caseKey(each.case) === caseKey(timed)) ?? []);
  return { times: sorted, failures: found.flatMap(({ failures }) => failures) };
};
