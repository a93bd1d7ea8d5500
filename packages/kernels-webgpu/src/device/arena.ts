import { DeviceLimitError } from './errors.ts';

const FLOAT_BYTES = 4;
/** Sizes of bindings are multiples of a vector of four floats. */
const VECTOR_BYTES = 16;

/**
 * Buffers that all plans share, by name. This is safe as the commands of a device run in order: a plan has finished
 * with a buffer when the next one writes to it. A buffer grows to the largest size that was requested.
 */
export class Arena {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<string, GPUBuffer>();
  #generation = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Changes whenever a buffer is replaced: bind groups that refer to old buffers must be created again. */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes of all buffers. */
  get bytes(): number {
    return [...this.#buffers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Ensures that the buffers have at least these sizes.
   *
   * @param slots floats by name
   * @param beforeDestroying called before a buffer that may still be in use is freed
   * @throws DeviceLimitError when one is larger than the device allows
   */
  reserve(slots: Readonly<Record<string, number>>, beforeDestroying: () => void): void {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const bytesOf = (floats: number): number => Math.ceil((floats * FLOAT_BYTES) / VECTOR_BYTES + 1) * VECTOR_BYTES;
    for (const [name, floats] of Object.entries(slots))
      for (const [limit, available] of Object.entries({ maxStorageBufferBindingSize, maxBufferSize }))
        if (bytesOf(floats) > available)
          throw new DeviceLimitError(`the buffer '${name}'`, { limit, wanted: bytesOf(floats), available });
    const small = Object.entries(slots).filter(
      ([name, floats]) => (this.#buffers.get(name)?.size ?? 0) < bytesOf(floats),
    );
    if (small.length === 0) return;
    if (small.some(([name]) => this.#buffers.has(name))) {
      beforeDestroying();
      this.#generation += 1;
    }
    for (const [name, floats] of small) {
      this.#buffers.get(name)?.destroy();
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = this.#device.createBuffer({ label: `neural-fields ${name}`, size: bytesOf(floats), usage });
      this.#buffers.set(name, buffer);
    }
  }

  /** A reserved buffer. */
  buffer(name: string): GPUBuffer {
    return this.#buffers.get(name) as GPUBuffer;
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
    this.#generation += 1;
  }
}
