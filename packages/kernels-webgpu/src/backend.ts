import type { BackpressureBackend, NumericsBackend } from '@neural-fields/core/kernels';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { defaultBatchBytes } from './device/batch-bytes.ts';
import { type CreateDeviceOptions, createDevice, isSoftware, nameOf } from './device/create-device.ts';
import { type DeviceCounters, installKernels, kernelsOf } from './device/kernels.ts';
import { MOST_IN_FLIGHT } from './device/pace.ts';
import type { ProductStyle } from './wgsl/product.ts';

/** The name under which tfjs knows the backend; its own kernels are registered for it. */
export const BACKEND_NAME = 'webgpu';

/** Milliseconds after which a failed read has another reason than the loss of the device. */
const MOST_LOSS_DELAY = 500;

/** tfjs's webgpu backend on a device of our own, with counters, and errors that say when the device is lost. */
export class FieldsWebgpuBackend extends WebGPUBackend implements NumericsBackend, BackpressureBackend {
  readonly #adapter: string;

  /** Use {@link createWebgpuBackend}. */
  constructor(device: GPUDevice, info: GPUAdapterInfo) {
    super(device, info);
    this.#adapter = nameOf(info);
  }

  /** What was done since the backend was made. */
  get counters(): DeviceCounters {
    return { ...kernelsOf(this).counters };
  }

  /** Bytes of the buffers that the fused kernels keep, beside those of tensors. */
  get scratchBytes(): number {
    return kernelsOf(this).arena.bytes;
  }

  /**
   * What the roundings of results depend on: the graphics card, and how it is used. A checkpoint of core's keeps it.
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
    kernels.assertSound();
    kernels.counters.readBacks += 1;
    try {
      const data = await super.getBufferData(buffer);
      kernels.assertSound();
      return data;
    } catch (error) {
      // `lost` is fulfilled soon after the reads have failed, in browsers some tasks later.
      await Promise.race([kernels.device.lost, new Promise(resolve => setTimeout(resolve, MOST_LOSS_DELAY))]);
      throw kernels.lost ?? error;
    }
  }

  /**
   * Core's fit loop calls it after every chunk; a loop of your own may, too.
   *
   * @returns a promise where the host has to wait until the device has finished a part of what was submitted; rejected
   *   with DeviceLostError when it is gone
   * @throws DeviceLostError, DeviceFaultError as reading does
   */
  applyBackpressure(signal?: AbortSignal): Promise<void> | undefined {
    const kernels = kernelsOf(this);
    kernels.assertSound();
    return kernels.pace.keep(signal)?.then(() => kernels.assertSound());
  }

  override dispose(): void {
    kernelsOf(this).dispose();
    super.dispose();
  }
}

/** The options of {@link createWebgpuBackend}. */
export interface WebgpuBackendOptions extends CreateDeviceOptions {
  /** How matrices are multiplied; `direct` on an emulation of a graphics card and `tiled` on all others if absent. */
  readonly productStyle?: ProductStyle;
  /**
   * How many parts of a fit (steps, or chunks of them) may be on their way to the device at most; 32 if absent, and
   * `Infinity` for no bound. Within this, a device that takes long for a part gets two at a time.
   */
  readonly mostInFlight?: number;
  /**
   * Bytes that the activations of the points may take that go through the kernels at once; if absent 1 GiB, or a
   * quarter of the device's `maxBufferSize` where that is less. Batches too small leave a large graphics card idle.
   */
  readonly batchBytes?: number;
  /**
   * Whether what layers hand on is kept in float16 (`shader-f16`), for less memory and less to read, at the price of
   * about three digits; `false` if absent. Parameters, gradients, sums, the phases of activations and the results stay
   * float32. Networks behind operations in tfjs ops, and those with encodings, products or tables, have it only where
   * no derivatives are asked for.
   */
  readonly halfPrecision?: boolean;
}

/**
 * Makes a backend on a device with all that the adapter has. tfjs takes it in place of the one that importing this
 * package registers:
 *
 *     removeBackend('webgpu');
 *     registerBackend('webgpu', () => createWebgpuBackend({ powerPreference: 'low-power' }), 3);
 *
 * @throws WebgpuUnavailableError when there is no WebGPU, no adapter or no device
 * @throws DeviceFeatureError when the adapter lacks what `halfPrecision` needs
 * @throws RangeError when `mostInFlight` is not a positive integer or `Infinity`, or `batchBytes` not a positive number
 */
export const createWebgpuBackend = async (options: WebgpuBackendOptions = {}): Promise<FieldsWebgpuBackend> => {
  const { mostInFlight = MOST_IN_FLIGHT } = options;
  if (!(mostInFlight >= 1 && (Number.isInteger(mostInFlight) || mostInFlight === Number.POSITIVE_INFINITY)))
    throw new RangeError(
      `createWebgpuBackend: mostInFlight must be a positive integer or Infinity, got ${mostInFlight}`,
    );
  if (options.batchBytes !== undefined && !(options.batchBytes > 0))
    throw new RangeError(`createWebgpuBackend: batchBytes must be a positive number, got ${options.batchBytes}`);
  const { device, info } = await createDevice(options);
  const backend = new FieldsWebgpuBackend(device, info);
  installKernels(backend, {
    style: options.productStyle ?? (isSoftware(info) ? 'direct' : 'tiled'),
    mostInFlight,
    batchBytes: options.batchBytes ?? defaultBatchBytes(device.limits),
    halfPrecision: options.halfPrecision ?? false,
  });
  return backend;
};
