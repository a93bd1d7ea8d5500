/**
 * @file The work that a program submits to a WebGPU device, counted at WebGPU's own classes and thus in the same way
 *   for all programs.
 */

/** The requests since counting began. */
export interface DeviceRequests {
  readonly dispatches: number;
  readonly submissions: number;
  /** Buffers that were mapped for reading. */
  readonly readBacks: number;
  /** The peak of the bytes of all buffers since the last reset. */
  readonly peakBytes: number;
}

/** Counts the requests. */
export interface DeviceCounter {
  read(): DeviceRequests;
  /** Sets the peak to what is allocated now. */
  resetPeak(): void;
}

/** Calls `seen` after each call of a method, with its receiver, its result and its arguments. */
const watch = <T extends object>(
  prototype: T,
  name: keyof T & string,
  seen: (self: object, result: unknown, args: readonly unknown[]) => void,
): void => {
  const method = prototype[name];
  if (typeof method !== 'function') throw new TypeError(`WebGPU must have the method ${name}`);
  prototype[name] = new Proxy(method, {
    apply: (target, self: object, args: readonly unknown[]) => {
      const result: unknown = Reflect.apply(target, self, args);
      seen(self, result, args);
      return result;
    },
  });
};

/** Starts counting. The globals of WebGPU must exist; call it once. */
export const countDeviceRequests = (): DeviceCounter => {
  let [dispatches, submissions, readBacks, bytes, peakBytes] = [0, 0, 0, 0, 0];
  const alive = new WeakMap<object, number>();
  for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect'] as const)
    watch(GPUComputePassEncoder.prototype, name, () => {
      dispatches += 1;
    });
  watch(GPUQueue.prototype, 'submit', () => {
    submissions += 1;
  });
  watch(GPUBuffer.prototype, 'mapAsync', (_, __, [mode]) => {
    if (mode === GPUMapMode.READ) readBacks += 1;
  });
  watch(GPUDevice.prototype, 'createBuffer', (_, result) => {
    const buffer = result as GPUBuffer;
    alive.set(buffer, buffer.size);
    bytes += buffer.size;
    peakBytes = Math.max(peakBytes, bytes);
  });
  watch(GPUBuffer.prototype, 'destroy', buffer => {
    bytes -= alive.get(buffer) ?? 0;
    alive.delete(buffer);
  });
  return {
    read: () => ({ dispatches, submissions, readBacks, peakBytes }),
    resetPeak: () => {
      peakBytes = bytes;
    },
  };
};
