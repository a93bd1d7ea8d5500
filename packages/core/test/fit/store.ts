/** @file An in-memory checkpoint store. */
import type { CheckpointStore } from '../../src/index.ts';

/** Records copies of all writes. */
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
