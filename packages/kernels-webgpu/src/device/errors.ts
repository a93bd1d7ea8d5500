/** @file What can go wrong with a GPU, as errors that programs can tell apart. */

/** WebGPU cannot be used here: the platform has none, or no adapter, or the adapter gives no device. */
export class WebgpuUnavailableError extends Error {
  override readonly name: string = 'WebgpuUnavailableError';
}

/** An option needs a feature of WebGPU that the adapter does not offer. */
export class DeviceFeatureError extends Error {
  override readonly name: string = 'DeviceFeatureError';
  /** The name of the feature as WebGPU has it, e.g. `shader-f16`. */
  readonly feature: string;

  constructor(option: string, { feature, adapter }: { feature: string; adapter: string }) {
    super(`webgpu: for ${option} the adapter must have the feature ${feature}, which '${adapter}' has not`);
    this.feature = feature;
  }
}

/** A network or a batch needs more than the device has. The backend stays usable. */
export class DeviceLimitError extends RangeError {
  override readonly name: string = 'DeviceLimitError';
  /** The name of the limit as WebGPU has it, e.g. `maxStorageBufferBindingSize`. */
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
 * The device was lost, e.g. because its driver was reset or somebody destroyed it. All tensors on it are gone; what was
 * saved on the host or in a checkpoint is not. Register a new backend (`createWebgpuBackend`) and go on from the
 * checkpoint.
 */
export class DeviceLostError extends Error {
  override readonly name: string = 'DeviceLostError';
  /** As WebGPU says it: `destroyed` or `unknown`. */
  readonly reason: string;

  constructor({ reason, message }: { readonly reason: string; readonly message: string }) {
    super(`webgpu: the device was lost (${reason}${message === '' ? '' : `: ${message}`})`);
    this.reason = reason;
  }
}

/**
 * The device could not do something that it was asked for, so what was worked out since is not to be trusted. The
 * backend stays usable.
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
