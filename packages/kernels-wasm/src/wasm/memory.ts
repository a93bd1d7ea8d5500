/** The kernels or the engine ran out of memory. The backend stays usable: smaller work may still fit. */
export class KernelMemoryError extends Error {
  override readonly name = 'KernelMemoryError';
}

/**
 * Allocates an array for a tensor's values.
 *
 * @throws KernelMemoryError when the engine is out of memory
 */
export const allocate = (length: number): Float32Array => {
  try {
    return new Float32Array(length);
  } catch (cause) {
    throw new KernelMemoryError(`simd: cannot allocate ${Math.ceil((4 * length) / 2 ** 20)} MiB for a tensor`, {
      cause,
    });
  }
};

const PAGE = 65_536;
/** 4 GiB, all that WebAssembly can address; only the address space is reserved. */
const MAX_PAGES = 65_536;
/** 64 MiB, more than the kernels usually need. */
const MIN_PAGES = 1024;

/**
 * Creates the memory that the threads share. It starts small and grows on demand.
 *
 * @param maximum the limit in bytes; if absent 4 GiB, or less where the engine cannot reserve as much address space, as
 *   on some phones
 * @throws KernelMemoryError when the engine cannot reserve the address space
 */
export const createMemory = (maximum?: number): WebAssembly.Memory => {
  let pages = maximum === undefined ? MAX_PAGES : Math.min(MAX_PAGES, Math.floor(maximum / PAGE));
  for (;;)
    try {
      return new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
    } catch (cause) {
      if (maximum !== undefined || pages <= MIN_PAGES)
        throw new KernelMemoryError(
          `simd: cannot reserve ${(pages * PAGE) / 2 ** 20} MiB of address space for the kernels`,
          {
            cause,
          },
        );
      pages /= 2;
    }
};

/** A cache line, so that no two threads write to the same one. */
const ALIGNMENT = 64;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * A stack allocator in a WebAssembly memory. All allocations within {@link Arena.scope} are freed at its end, so the
 * memory never fragments, and grows to what the largest job needs.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  #next = 0;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
  }

  /** Sets the first free address. */
  startAt(address: number): void {
    this.#next = aligned(address);
  }

  /**
   * Allocates some bytes.
   *
   * @returns their address, a multiple of 64. Existing views of the memory may be detached afterwards.
   * @throws KernelMemoryError when there is not enough memory
   */
  take(bytes: number): number {
    const address = this.#next;
    const end = address + aligned(bytes);
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE));
      } catch (cause) {
        throw new KernelMemoryError(`simd: cannot allocate ${Math.ceil(end / 2 ** 20)} MiB for the kernels`, {
          cause,
        });
      }
    }
    this.#next = end;
    return address;
  }

  /** Allocates floats and copies values there. */
  put(values: ArrayLike<number>): number {
    const address = this.take(4 * values.length);
    this.floats(address, values.length).set(values);
    return address;
  }

  /** Runs a job, and frees what it has allocated when it returns or throws. */
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
