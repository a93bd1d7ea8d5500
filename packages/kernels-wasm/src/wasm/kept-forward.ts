/** @file What a forward pass leaves for the reverse pass that follows it, so that it need not be worked out again. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Arena, KernelMemoryError } from './memory.ts';

/** 64 MiB: the values of some thousand points of a network 256 wide. What does not fit is worked out again. */
const ROOM = 2 ** 26;

/** Room for the tiles of one forward pass. */
export interface KeptTiles {
  readonly address: number;
  readonly bytes: number;
}

/**
 * The last forward pass whose gradient was being recorded: one at a time, as the reverse pass of a step follows at
 * once.
 */
export class KeptForward {
  readonly #arena: Arena;
  #room: KeptTiles | undefined;
  #isRefused = false;
  /** Whose pass it was, and the data of the tensors that it read, which never change. */
  #owner: object | undefined;
  #data: readonly object[] = [];

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /**
   * Room for a pass, in place of what the last one left; `undefined` where there is no memory for it. Not to be called
   * within a scope of the arena.
   */
  start(): KeptTiles | undefined {
    this.#owner = undefined;
    if (this.#room === undefined && !this.#isRefused)
      try {
        this.#room = { address: this.#arena.take(ROOM), bytes: ROOM };
      } catch (error) {
        if (!(error instanceof KernelMemoryError)) throw error;
        this.#isRefused = true;
      }
    return this.#room;
  }

  /** Says that a pass is done. */
  remember(owner: object, tensors: readonly TensorInfo[]): void {
    this.#owner = owner;
    this.#data = tensors.map(({ dataId }) => dataId);
  }

  /** What the pass of an owner on these tensors has left, if it was the last; it is used up then. */
  claim(owner: object, tensors: readonly TensorInfo[]): KeptTiles | undefined {
    const isOwn = this.#owner === owner && tensors.every(({ dataId }, index) => dataId === this.#data[index]);
    if (!isOwn) return undefined;
    this.#owner = undefined;
    return this.#room;
  }
}
