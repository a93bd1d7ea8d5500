/** @file The side of the protocol that every peer in JavaScript shares. */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Description, PrepareAnswer, Problem, Request } from '../protocol.ts';
import { peakMemory, resetPeakMemory } from './peak-memory.ts';

/** Three steps of Adam, and the gradient of the first. */
export interface CheckedSteps {
  /** f32[P] */
  readonly gradient: Float32Array;
  readonly losses: readonly number[];
  readonly seconds: number;
}

/** A program that can take training steps. */
export interface Peer {
  readonly description: Description;
  check(problem: Problem): Promise<CheckedSteps>;
  prepare(problem: Problem): Promise<PrepareAnswer>;
  /** One step of what was prepared. Gives the loss before the update. */
  step(): Promise<number>;
}

const answer = async (peer: Peer, request: Request): Promise<object> => {
  if (request.work === 'check') {
    const { gradient, losses, seconds } = await peer.check(request.problem);
    writeFileSync(request.gradientFile, new Uint8Array(gradient.buffer, gradient.byteOffset, gradient.byteLength));
    return { losses, seconds };
  }
  if (request.work === 'prepare') {
    const prepared = await peer.prepare(request.problem);
    resetPeakMemory();
    return prepared;
  }
  const begin = performance.now();
  const loss = await peer.step();
  for (let i = 1; i < request.count; i++) await peer.step();
  return { seconds: (performance.now() - begin) / 1000, loss, peakMemory: peakMemory() };
};

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ').slice(0, 500);

/** Serves the protocol on standard input and output until the input ends. */
export const servePeer = async (create: () => Promise<Peer>): Promise<void> => {
  const say = (message: object): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  let peer: Peer;
  try {
    peer = await create();
  } catch (error) {
    say({ unavailable: messageOf(error) });
    return;
  }
  say(peer.description);
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answer(peer, JSON.parse(line) as Request));
    } catch (error) {
      say({ error: messageOf(error) });
    }
  }
};
