/** @file The peer's side of the protocol, shared by all peers in JavaScript. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Description, PrepareAnswer, Problem, Request, StepDemands } from '../protocol.ts';
import { peakMemory, resetPeakMemory } from './peak-memory.ts';

/** Three steps of Adam, and the gradient of the first. */
export interface CheckedSteps {
  /** f32[P], or f32[b, P] of many fields */
  readonly gradient: Float32Array;
  readonly losses: readonly number[];
  readonly seconds: number;
}

/** A program that can take training steps. */
export interface Peer<P = Problem> {
  readonly description: Description;
  check(problem: P): Promise<CheckedSteps>;
  prepare(problem: P): Promise<PrepareAnswer>;
  /** Prepares a run of `count` steps, if that is needed; it is not timed. */
  getReady?(count: number): Promise<void>;
  /**
   * Takes `count` steps of the prepared problem, waits until they are done, and returns the loss before one of the
   * updates.
   */
  steps(count: number): Promise<number>;
  /** The time spent in kernels since the peer started, in seconds, where it is known. */
  kernelSeconds?(): number;
  /** For peers that have a device. */
  readonly device?: DeviceSide;
}

/** What a peer on a device can do besides steps. */
export interface DeviceSide {
  /** The peak of the device's memory since the last reset, in bytes. */
  peakMemory(): number;
  resetPeakMemory(): void;
  demands(steps: number): Promise<StepDemands>;
  /** The rate of products of large matrices, in GFLOP/s. */
  rate(): Promise<number>;
}

const deviceOf = ({ device }: Pick<Peer, 'device'>): DeviceSide => {
  if (device === undefined) throw new Error('this peer has no device');
  return device;
};

const answer = async <P>(peer: Peer<P>, request: Request<P>): Promise<object> => {
  switch (request.work) {
    case 'check': {
      const { gradient, losses, seconds } = await peer.check(request.problem);
      writeFileSync(request.gradientFile, new Uint8Array(gradient.buffer, gradient.byteOffset, gradient.byteLength));
      return { losses, seconds };
    }
    case 'prepare': {
      const prepared = await peer.prepare(request.problem);
      resetPeakMemory();
      peer.device?.resetPeakMemory();
      return prepared;
    }
    case 'steps': {
      await peer.getReady?.(request.count);
      const kernelsBefore = peer.kernelSeconds?.() ?? 0;
      const begin = performance.now();
      const loss = await peer.steps(request.count);
      const seconds = (performance.now() - begin) / 1000;
      const { device } = peer;
      return {
        ...{ seconds, loss, peakMemory: peakMemory() },
        ...(peer.kernelSeconds && { kernelSeconds: peer.kernelSeconds() - kernelsBefore }),
        ...(device && { deviceMemory: device.peakMemory() }),
      };
    }
    case 'demands':
      return deviceOf(peer).demands(request.steps);
    case 'rate':
      return { rate: await deviceOf(peer).rate() };
  }
};

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ').slice(0, 500);

/**
 * Serves requests on standard input and output until the input ends: one JSON object per line, and an answer to each.
 *
 * @param create fails with the reason when the peer is not available
 */
export const serveRequests = async <T extends { readonly description: Description }, R>(
  create: () => Promise<T>,
  answer: (peer: T, request: R) => Promise<object>,
): Promise<void> => {
  const say = (message: object): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  let peer: T;
  try {
    peer = await create();
  } catch (error) {
    say({ unavailable: messageOf(error) });
    return;
  }
  say(peer.description);
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(peer, JSON.parse(line) as R));
    } catch (error) {
      say({ error: messageOf(error) });
    }
  }
};

/** Serves the protocol of training steps. */
export const servePeer = <P>(create: () => Promise<Peer<P>>): Promise<void> =>
  serveRequests<Peer<P>, Request<P>>(create, answer);
