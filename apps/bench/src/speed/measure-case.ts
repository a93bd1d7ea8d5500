/** @file One case: each peer is prepared and checked, then all take turns at steps, round after round. */
import type { PrepareAnswer, StepDemands } from '../protocol.ts';
import { type PeerCommand, PeerError, PeerProcess } from './peer-process.ts';
import type { Outcome } from './results.ts';
import { median, timesOf } from './statistics.ts';
import { tolerancesFor } from './verifier.ts';

/** A problem, and how a peer is checked on it. */
export interface MeasuredProblem<P> {
  readonly problem: P;
  /** Checks a peer against the reference before it is timed. @throws PeerError when the peer fails at it */
  verify(name: string, process: PeerProcess, prepared: PrepareAnswer): Promise<Verification>;
  /** The operations of `products` matrix products for each layer and point; see {@link PrepareAnswer}. */
  operations?(products: number): number;
}

/** The result of a check. */
export interface Verification {
  /** What is wrong; absent when nothing is. */
  readonly problem?: string;
  /** Seconds that a step may take, estimated from the check; 0 without an estimate. */
  readonly guess: number;
}

/** What a case is measured with. */
export interface MeasureOptions {
  readonly rounds: number;
  /** Seconds; a peer whose step takes longer is not timed. */
  readonly stepLimit: number;
  /** Seconds for the whole case; after that no further peer is timed, and rounds end early. No limit if absent. */
  readonly timeLimit?: number;
  /** Seconds that a peer may spend on trying ways and chunk sizes; see {@link PrepareRequest}. */
  readonly trialLimit?: number | undefined;
  /** Bytes that a peer which chooses its chunks may use. */
  readonly memory: number;
  readonly signal: AbortSignal;
  /** Called before each piece of work. */
  readonly report: (peer: string, doing: string) => void;
}

/** A peer that takes part in a case. */
export interface Participant {
  readonly name: string;
  readonly command: PeerCommand;
  /** The way that it chose with fewer points. */
  readonly way?: string | undefined;
  /** Seconds of a step, extrapolated from fewer points; absent when nothing is known. */
  readonly expected?: number | undefined;
}

/** Steps of a round together take at least this many seconds where steps are quick. */
const ROUND_SECONDS = 0.2;
const MAX_STEPS = 100;
/** How long a process may take to start, and how long to compile or to find the best way, in seconds. */
const START_TIMEOUT = 120;
const PREPARE_TIMEOUT = 600;
/**
 * The work of the host in a step is counted over as many steps as fill this many seconds, between a minimum and a
 * maximum.
 */
const DEMANDS_SECONDS = 1;
const [MIN_COUNTED, MAX_COUNTED] = [3, 30] as const;

/** The share of a time limit that is reserved for the rounds. */
const ROUNDS_SHARE = 0.15;

interface Ready extends Participant {
  readonly process: PeerProcess;
  readonly prepared: PrepareAnswer;
  readonly firstStep: number;
  readonly loss: number;
  readonly count: number;
  readonly times: number[];
  readonly kernelShares: number[];
  peakMemory: number;
  deviceMemory: number | undefined;
}

const tooSlow = (seconds: number, limit: number): Outcome => ({
  state: 'not run',
  reason: `a step would take about ${Number(seconds.toPrecision(2))} s, and the limit is ${limit} s`,
});

/** Measures a problem; the peers' outcomes by name. When it is stopped, those that have no time yet are absent. */
export const measureCase = async <P>(
  { problem, verify, operations }: MeasuredProblem<P>,
  participants: readonly Participant[],
  options: MeasureOptions,
): Promise<ReadonlyMap<string, Outcome>> => {
  const { rounds, stepLimit, timeLimit = Number.POSITIVE_INFINITY, trialLimit, memory, signal, report } = options;
  const begun = performance.now();
  const secondsLeft = (): number => timeLimit - (performance.now() - begun) / 1000;
  const outcomes = new Map<string, Outcome>();
  const ready: Ready[] = [];
  const running = new Set<PeerProcess>();
  const stop = (): void => {
    for (const process of running) process.dispose();
  };
  signal.addEventListener('abort', stop);

  /** Runs some work of a peer; an error becomes its outcome. */
  const attempt = async <T>(name: string, doing: string, work: () => Promise<T>): Promise<T | undefined> => {
    if (signal.aborted) return undefined;
    report(name, doing);
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof PeerError)) throw error;
      outcomes.set(name, { state: 'aborted', reason: error.message });
      return undefined;
    }
  };

  const prepareParticipant = async (participant: Participant): Promise<Ready | undefined> => {
    const { name, command, way, expected } = participant;
    if (expected !== undefined && expected > stepLimit) {
      outcomes.set(name, tooSlow(expected, stepLimit));
      return undefined;
    }
    if (secondsLeft() < ROUNDS_SHARE * timeLimit) {
      outcomes.set(name, {
        state: 'not run',
        reason: `the time for this case, ${Math.round(timeLimit)} s, was used up`,
      });
      return undefined;
    }
    const process = await PeerProcess.start(command, START_TIMEOUT);
    running.add(process);
    const choice = {
      ...(way !== undefined && { way }),
      ...(trialLimit !== undefined && { trialSeconds: trialLimit }),
    };
    // At least half a minute, since nothing can be compiled in less.
    const limit = Math.min(PREPARE_TIMEOUT, Math.max(30, secondsLeft()));
    const prepared = await process.prepare({ problem, memory, ...choice }, limit);
    const verdict = await verify(name, process, prepared);
    if (verdict.problem !== undefined) {
      outcomes.set(name, { state: 'wrong', reason: verdict.problem });
      return undefined;
    }
    // A check has few points and is mostly overhead: it only rules out hopeless cases, and none on a graphics card.
    const { device } = process.description;
    const guess = device && !device.software ? 0 : verdict.guess;
    if (expected === undefined && guess > 3 * stepLimit) {
      outcomes.set(name, tooSlow(guess, stepLimit));
      return undefined;
    }
    const first = await process.steps({ count: 1 }, PREPARE_TIMEOUT + 4 * stepLimit);
    const anchor = ready[0];
    const [tolerance, other] = [process, anchor?.process ?? process].map(
      ({ description }) => tolerancesFor(description).loss,
    ) as [number, number];
    if (anchor && !(Math.abs(first.loss / anchor.loss - 1) <= Math.max(tolerance, other))) {
      outcomes.set(name, {
        state: 'wrong',
        reason: `its loss is ${first.loss}, and that of ${anchor.name} ${anchor.loss}`,
      });
      return undefined;
    }
    // The first step may have compiled, so another one is timed where it matters.
    const another = first.seconds < ROUND_SECONDS * 5 || (first.seconds > stepLimit && first.seconds < 4 * stepLimit);
    const seconds = another ? (await process.steps({ count: 1 }, 4 * stepLimit + 10)).seconds : first.seconds;
    if (seconds > stepLimit) {
      outcomes.set(name, tooSlow(seconds, stepLimit));
      return undefined;
    }
    const count = Math.max(prepared.minSteps ?? 1, Math.min(MAX_STEPS, Math.round(ROUND_SECONDS / seconds)));
    return {
      ...participant,
      ...{ process, prepared, count },
      firstStep: first.seconds,
      loss: first.loss,
      times: [],
      kernelShares: [],
      peakMemory: first.peakMemory,
      deviceMemory: first.deviceMemory,
    };
  };

  const demandsOf = async ({ process, times }: Ready): Promise<StepDemands> => {
    const wanted = Math.round(DEMANDS_SECONDS / Math.min(...times));
    const steps = Math.max(MIN_COUNTED, Math.min(MAX_COUNTED, wanted));
    return await process.demands(steps, 30 + 10 * steps * Math.max(...times));
  };

  try {
    for (const participant of participants) {
      const one = await attempt(participant.name, 'is prepared', () => prepareParticipant(participant));
      if (one) ready.push(one);
    }
    for (let round = 0; round < rounds && (round === 0 || secondsLeft() > 0); round++)
      for (let turn = 0; turn < ready.length; turn++) {
        // Each round begins with a different peer.
        const peer = ready[(round + turn) % ready.length] as Ready;
        if (outcomes.has(peer.name)) continue;
        const answer = await attempt(peer.name, `round ${round + 1} of ${rounds}`, () =>
          peer.process.steps({ count: peer.count }, 30 + 10 * stepLimit),
        );
        if (answer === undefined) continue;
        peer.times.push(answer.seconds / peer.count);
        if (answer.kernelSeconds !== undefined) peer.kernelShares.push(answer.kernelSeconds / answer.seconds);
        peer.peakMemory = Math.max(peer.peakMemory, answer.peakMemory);
        if (answer.deviceMemory !== undefined)
          peer.deviceMemory = Math.max(peer.deviceMemory ?? 0, answer.deviceMemory);
      }
    for (const peer of ready) {
      const { name, times, kernelShares, firstStep, peakMemory, deviceMemory, prepared, loss } = peer;
      if (outcomes.has(name) || times.length === 0) continue;
      const seconds = timesOf(times);
      const onWebgpu = peer.process.description.device?.kind === 'webgpu';
      const demands = onWebgpu ? await attempt(name, 'counts the work of the host', () => demandsOf(peer)) : undefined;
      // The times are kept even if this fails.
      const { way, chunk, threads, products } = prepared;
      outcomes.set(name, {
        ...{ state: 'measured', seconds, firstStep, peakMemory, loss },
        ...(deviceMemory !== undefined && { deviceMemory }),
        ...(demands && { demands }),
        ...(kernelShares.length > 0 && { kernelShare: median(kernelShares) }),
        ...(way && { way }),
        ...(chunk !== undefined && { chunk }),
        ...(threads !== undefined && { threads }),
        ...(products !== undefined && operations && { rate: operations(products) / seconds.median / 1e9 }),
      });
    }
    return outcomes;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
};
