import { DeviceLimitError } from './errors.ts';

const FLOAT_BYTES = 4;
/** Bindings are whole vectors of four floats. */
const VECTOR_BYTES = 16;

/**
 * Buffers that all plans share, by name: the commands of a device run in order, so what one plan leaves in a buffer is
 * done with when the next one writes there. A buffer grows to the largest size that was asked for.
 */
export class Arena {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<string, GPUBuffer>();
  #generation = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Grows with every buffer that was replaced: what refers to the old ones has to be made anew. */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes of all buffers. */
  get bytes(): number {
    return [...this.#buffers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Makes sure that there are buffers of these sizes.
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

  /** A buffer that was reserved. */
  buffer(name: string): GPUBuffer {
    return this.#buffers.get(name) as GPUBuffer;
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#buffers.clear();
    this.#generation += 1;
  }
}
