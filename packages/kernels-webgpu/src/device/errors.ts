/** @file The errors of a GPU, as classes that programs can distinguish. */

/** WebGPU is unavailable: the platform does not have it, or there is no adapter, or the adapter provides no device. */
export class WebgpuUnavailableError extends Error {
  override readonly name: string = 'WebgpuUnavailableError';
}

/** An option needs a feature of WebGPU that the adapter does not offer. */
export class DeviceFeatureError extends Error {
  override readonly name: string = 'DeviceFeatureError';
  /** WebGPU's name of the feature, e.g. `shader-f16`. */
  readonly feature: string;

  constructor(option: string, { feature, adapter }: { feature: string; adapter: string }) {
    super(`webgpu: ${option} needs an adapter with the feature ${feature}, got '${adapter}' without it`);
    this.feature = feature;
  }
}

/** A network or a batch exceeds a limit of the device. The backend stays usable. */
export class DeviceLimitError extends RangeError {
  override readonly name: string = 'DeviceLimitError';
  /** WebGPU's name of the limit, e.g. `maxStorageBufferBindingSize`. */
  readonly limit: string;
  readonly wanted: number;
  readonly available: number;

  constructor(what: string, { limit, wanted, available }: { limit: string; wanted: number; available: number }) {
    super(`webgpu: ${what} must fit the device's ${limit} of ${available}, needs ${wanted}`);
    this.limit = limit;
    this.wanted = wanted;
    this.available = available;
  }
}

/**
 * The device was lost, e.g. because its driver was reset or it was destroyed. All tensors on it are gone; data on the
 * host and checkpoints are not. Register a new backend (`createWebgpuBackend`) and resume from the last checkpoint.
 */
export class DeviceLostError extends Error {
  override readonly name: string = 'DeviceLostError';
  /** WebGPU's reason: `destroyed` or `unknown`. */
  readonly reason: string;

  constructor({ reason, message }: { readonly reason: string; readonly message: string }) {
    super(`webgpu: the device was lost (${reason}${message === '' ? '' : `: ${message}`})`);
    this.reason = reason;
  }
}

/**
 * The device reported an error for an earlier command, so all results computed since may be wrong. The backend stays
 * usable.
 */
export class DeviceFaultError extends Error {
  override readonly name: string = 'DeviceFaultError';
  readonly kind: 'validation' | 'out of memory' | 'internal';

  constructor(error: GPUError) {
    const kind =
      error instanceof GPUOutOfMemoryError
        ? 'out of memory'
        : error instanceof GPUInternalError
          ? 'internal'
          : 'validation';
    super(`webgpu: the device reported a fault (${kind}): ${error.message}`);
    this.kind = kind;
  }
}
