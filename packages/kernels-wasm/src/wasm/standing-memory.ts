/**
 * @file Memory that keeps its contents from job to job: the parameters of the last job, and sums that are 0 between
 *   jobs. Work that touches a few rows of a table then takes no time that grows with the table.
 */
import type { Arena } from './memory.ts';

/** A region that is never freed, and that moves when it has to grow. */
class StandingRegion {
  readonly #arena: Arena;
  #address = 0;
  #bytes = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /**
   * At least as many bytes. Must not be called within a scope of the arena.
   *
   * @returns their address, and whether it has changed
   */
  take(bytes: number): { readonly address: number; readonly hasMoved: boolean } {
    const hasMoved = bytes > this.#bytes;
    if (hasMoved) {
      // By powers of two, so that what is left behind is never more than what is in use.
      const size = 2 ** Math.ceil(Math.log2(bytes));
      this.#address = this.#arena.take(size);
      this.#bytes = size;
    }
    return { address: this.#address, hasMoved };
  }
}

/** The parameters of the last job. */
class StandingParameters {
  readonly #arena: Arena;
  readonly #region: StandingRegion;
  #last: WeakRef<Float32Array> | undefined;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#region = new StandingRegion(arena);
  }

  /** Copies values, unless they are those of the last call: a tensor's values never change. @returns their address */
  place(values: Float32Array): number {
    const { address, hasMoved } = this.#region.take(4 * values.length);
    if (hasMoved || this.#last?.deref() !== values) {
      this.#arena.floats(address, values.length).set(values);
      this.#last = new WeakRef(values);
    }
    return address;
  }
}

/** Sums that are 0 between jobs. */
class StandingSums {
  readonly #arena: Arena;
  readonly #region: StandingRegion;
  #isClear = false;
  #bytes = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#region = new StandingRegion(arena);
  }

  /** Zeros, until {@link release}. @returns their address */
  take(bytes: number): number {
    const { address, hasMoved } = this.#region.take(bytes);
    const known = hasMoved || !this.#isClear ? 0 : this.#bytes;
    if (bytes > known) new Uint8Array(this.#arena.memory.buffer, address + known, bytes - known).fill(0);
    this.#bytes = Math.max(known, bytes);
    // Until they are released: a job that fails leaves sums behind.
    this.#isClear = false;
    return address;
  }

  /** Says that all of them are 0 again. */
  release(): void {
    this.#isClear = true;
  }
}

/** What stands in an arena. */
export interface StandingMemory {
  readonly parameters: StandingParameters;
  readonly sums: StandingSums;
}

const known = new WeakMap<Arena, StandingMemory>();

/** The standing memory of an arena. */
export const standingMemory = (arena: Arena): StandingMemory => {
  const found = known.get(arena) ?? { parameters: new StandingParameters(arena), sums: new StandingSums(arena) };
  known.set(arena, found);
  return found;
};
