/** @file A store for checkpoints in memory. */
import type { CheckpointStore } from '../../src/index.ts';

/** It remembers everything ever written; a copy, as a file is. */
export interface MemoryStore extends CheckpointStore {
  readonly written: Uint8Array[];
}

export const memoryStore = (...written: Uint8Array[]): MemoryStore => ({
  written,
  read: () => Promise.resolve(written.at(-1)),
  write(bytes) {
    written.push(bytes.slice());
    return Promise.resolve();
  },
});
