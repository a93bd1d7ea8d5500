import type { BackpressureBackend, NumericsBackend } from '@neural-fields/core/kernels';
import { assertOptions } from '@neural-fields/core/options';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { MAX_IN_FLIGHT } from './device/backpressure.ts';
import { defaultBatchBytes } from './device/batch-bytes.ts';
import { type CreateDeviceOptions, createDevice, isSoftware, nameOf } from './device/create-device.ts';
import { type DeviceCounters, installKernels, kernelsOf } from './device/kernels.ts';
import type { ProductStyle } from './wgsl/product.ts';

/** The name of the backend in tfjs; tfjs's own kernels are registered for it. */
export const BACKEND_NAME = 'webgpu';

/** Milliseconds to wait for the device to be reported lost after a read has failed. */
const MAX_LOSS_DELAY_MS = 500;

/** tfjs's webgpu backend on a device with the adapter's limits, with counters, and errors for a lost device. */
export class FieldsWebgpuBackend extends WebGPUBackend implements NumericsBackend, BackpressureBackend {
  readonly #adapter: string;

  /** Use {@link createWebgpuBackend}. */
  constructor(device: GPUDevice, info: GPUAdapterInfo) {
    super(device, info);
    this.#adapter = nameOf(info);
  }

  /** Counts of the work done since the backend was created. */
  get counters(): DeviceCounters {
    return { ...kernelsOf(this).counters };
  }

  /** Bytes of the fused kernels' buffers, without those of tensors. */
  get scratchBytes(): number {
    return kernelsOf(this).arena.bytes;
  }

  /**
   * The settings on which the rounding of results depends: the graphics card, and how it is used. Core stores them in
   * checkpoints.
   */
  get numerics(): Readonly<Record<string, string>> {
    const { style, batchBytes, halfPrecision } = kernelsOf(this);
    return {
      adapter: this.#adapter,
      products: style,
      batchBytes: String(batchBytes),
      halfPrecision: String(halfPrecision),
    };
  }

  override submitQueue(): void {
    super.submitQueue();
    kernelsOf(this).submitted();
  }

  /**
   * @throws DeviceLostError when the device is gone, DeviceFaultError when it reported a fault before the buffer was
   * read
   */
  override async getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer> {
    const kernels = kernelsOf(this);
    kernels.assertHealthy();
    kernels.counters.readBacks += 1;
    try {
      const data = await super.getBufferData(buffer);
      kernels.assertHealthy();
      return data;
    } catch (error) {
      // `lost` resolves shortly after the reads have failed, in browsers some tasks later.
      await Promise.race([kernels.device.lost, new Promise(resolve => setTimeout(resolve, MAX_LOSS_DELAY_MS))]);
      throw kernels.lost ?? error;
    }
  }

  /**
   * Limits the work in flight. Core's fit loop calls it after every chunk; your own loops may call it too.
   *
   * @returns a promise if the host has to wait until the device has finished some of the submitted work; it rejects
   *   with DeviceLostError when the device is lost
   * @throws DeviceLostError, DeviceFaultError as reading does
   */
  applyBackpressure(signal?: AbortSignal): Promise<void> | undefined {
    const kernels = kernelsOf(this);
    kernels.assertHealthy();
    return kernels.backpressure.apply(signal)?.then(() => kernels.assertHealthy());
  }

  override dispose(): void {
    kernelsOf(this).dispose();
    super.dispose();
  }
}

/** The options of {@link createWebgpuBackend}. */
export interface WebgpuBackendOptions extends CreateDeviceOptions {
  /** How matrices are multiplied; if absent, `direct` on a software adapter and `tiled` on all others. */
  readonly productStyle?: ProductStyle;
  /**
   * Maximum number of parts of a fit (steps, or chunks of them) in flight on the device; 32 if absent, `Infinity` for
   * no limit. The backend adapts the number below this limit: a device that is slow in relation to its latency gets
   * two.
   */
  readonly maxInFlight?: number;
  /**
   * Maximum memory in bytes for the activations of a batch of points; if absent 1 GiB, or a quarter of the device's
   * `maxBufferSize` if that is less. Batches that are too small leave a large graphics card idle.
   */
  readonly batchBytes?: number;
  /**
   * Whether the activations between layers are stored in float16 (`shader-f16`): this saves memory and bandwidth, and
   * leaves about three digits of precision. `false` if absent. Parameters, gradients, sums, the arguments of
   * activations and the results stay float32. Networks that follow operations in tfjs ops, and those with encodings,
   * products or tables, use it only if no derivatives are requested.
   */
  readonly halfPrecision?: boolean;
}

/**
 * Creates a backend on a device with all limits of the adapter. To replace the backend that importing this package
 * registers:
 *
 *     removeBackend('webgpu');
 *     registerBackend('webgpu', () => createWebgpuBackend({ powerPreference: 'low-power' }), 3);
 *
 * @throws WebgpuUnavailableError when there is no WebGPU, no adapter or no device
 * @throws DeviceFeatureError when the adapter lacks the feature that `halfPrecision` needs
 * @throws RangeError when `maxInFlight` is not a positive integer or `Infinity`, or `batchBytes` not a positive number
 */
export const createWebgpuBackend = async (options: WebgpuBackendOptions = {}): Promise<FieldsWebgpuBackend> => {
  assertOptions('createWebgpuBackend', options, {
    productStyle: 1,
    maxInFlight: 1,
    batchBytes: 1,
    halfPrecision: 1,
    powerPreference: 1,
  });

  const { maxInFlight = MAX_IN_FLIGHT } = options;
  if (!(maxInFlight >= 1 && (Number.isInteger(maxInFlight) || maxInFlight === Number.POSITIVE_INFINITY)))
    throw new RangeError(`createWebgpuBackend: maxInFlight must be a positive integer or Infinity, got ${maxInFlight}`);
  if (options.batchBytes !== undefined && !(options.batchBytes > 0))
    throw new RangeError(`createWebgpuBackend: batchBytes must be a positive number, got ${options.batchBytes}`);
  const { device, info } = await createDevice({
    ...(options.powerPreference && { powerPreference: options.powerPreference }),
    halfPrecision: options.halfPrecision ?? false,
  });
  const backend = new FieldsWebgpuBackend(device, info);
  installKernels(backend, {
    style: options.productStyle ?? (isSoftware(info) ? 'direct' : 'tiled'),
    maxInFlight,
    batchBytes: options.batchBytes ?? defaultBatchBytes(device.limits),
    halfPrecision: options.halfPrecision ?? false,
  });
  return backend;
};
