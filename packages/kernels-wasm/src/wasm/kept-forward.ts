/** @file Keeps the results of a forward pass for the backward pass that follows, which then need not recompute them. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Arena, KernelMemoryError } from './memory.ts';

/** 64 MiB: some thousand points of a network of width 256. What does not fit is recomputed. */
const KEPT_BYTES = 2 ** 26;

/** Memory for the tiles of one forward pass. */
export interface KeptTiles {
  readonly address: number;
  readonly bytes: number;
}

/**
 * Keeps the last forward pass that was run under a gradient tape. Only one is kept, as a step's backward pass follows
 * its forward pass immediately.
 */
export class KeptForward {
  readonly #arena: Arena;
  #tiles: KeptTiles | undefined;
  #outOfMemory = false;
  /** The owner of the pass, and the ids of the tensors that it read; a tensor's data never change. */
  #owner: object | undefined;
  #data: readonly object[] = [];

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /**
   * Memory for a new pass; discards the last one. Returns `undefined` if there is not enough memory. Must not be called
   * within a scope of the arena.
   */
  start(): KeptTiles | undefined {
    this.#owner = undefined;
    if (this.#tiles === undefined && !this.#outOfMemory)
      try {
        this.#tiles = { address: this.#arena.take(KEPT_BYTES), bytes: KEPT_BYTES };
      } catch (error) {
        if (!(error instanceof KernelMemoryError)) throw error;
        this.#outOfMemory = true;
      }
    return this.#tiles;
  }

  /** Records that a pass is complete. */
  remember(owner: object, tensors: readonly TensorInfo[]): void {
    this.#owner = owner;
    this.#data = tensors.map(({ dataId }) => dataId);
  }

  /** Takes the kept pass if it is that of this owner on these tensors. It can be claimed only once. */
  claim(owner: object, tensors: readonly TensorInfo[]): KeptTiles | undefined {
    const isOwn = this.#owner === owner && tensors.every(({ dataId }, index) => dataId === this.#data[index]);
    if (!isOwn) return undefined;
    this.#owner = undefined;
    return this.#tiles;
  }
}
