/** The kernels' memory could not grow. The backend stays usable: smaller work may still fit. */
export class KernelMemoryError extends Error {
  override readonly name = 'KernelMemoryError';
}

/**
 * Room for a tensor's numbers.
 *
 * @throws KernelMemoryError when the engine has none
 */
export const allocate = (length: number): Float32Array => {
  try {
    return new Float32Array(length);
  } catch (cause) {
    throw new KernelMemoryError(`simd: cannot have ${Math.ceil((4 * length) / 2 ** 20)} MiB of memory for a tensor`, {
      cause,
    });
  }
};

const PAGE = 65_536;
/** 4 GiB, all that WebAssembly can address; only what is used is taken from the machine. */
const MOST_PAGES = 65_536;
/** 64 MiB: more than the kernels usually need. */
const FEWEST_PAGES = 1024;

/**
 * The memory that the threads share, small at first.
 *
 * @param maximum bytes that it may grow to; 4 GiB if absent, or less where the engine cannot set so many addresses
 *   aside, as on some telephones
 * @throws KernelMemoryError when the engine has none
 */
export const createMemory = (maximum?: number): WebAssembly.Memory => {
  let pages = maximum === undefined ? MOST_PAGES : Math.min(MOST_PAGES, Math.floor(maximum / PAGE));
  for (;;)
    try {
      return new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
    } catch (cause) {
      if (maximum !== undefined || pages <= FEWEST_PAGES)
        throw new KernelMemoryError(
          `simd: cannot set ${(pages * PAGE) / 2 ** 20} MiB of addresses aside for the kernels`,
          {
            cause,
          },
        );
      pages /= 2;
    }
};

/** A cache line: no two threads then write to the same one. */
const ALIGNMENT = 64;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * Hands out parts of a WebAssembly memory, one after the other. Whoever takes some in {@link Arena.scope} gives all of
 * it back at its end, so nothing is ever fragmented and the memory grows to what the largest job needs.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  #next = 0;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
  }

  /** Where memory is free from. */
  startAt(address: number): void {
    this.#next = aligned(address);
  }

  /**
   * Takes some bytes.
   *
   * @returns their address, a multiple of 64. Views made before may be stale afterwards.
   * @throws KernelMemoryError when there is no more
   */
  take(bytes: number): number {
    const address = this.#next;
    const end = address + aligned(bytes);
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        throw new KernelMemoryError(`simd: cannot have ${Math.ceil(end / 2 ** 20)} MiB of memory for the kernels`, {
          cause,
        });
      }
    }
    this.#next = end;
    return address;
  }

  /** Takes room for float32 numbers and copies them there. */
  put(values: ArrayLike<number>): number {
    const address = this.take(4 * values.length);
    this.floats(address, values.length).set(values);
    return address;
  }

  /** Runs a job; what it takes is free again afterwards, and after an error too. */
  scope<T>(job: () => T): T {
    const before = this.#next;
    try {
      return job();
    } finally {
      this.#next = before;
    }
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }
}
