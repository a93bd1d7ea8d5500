import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type CreateDeviceOptions, createDevice, isSoftware } from './device/create-device.ts';
import { type DeviceCounters, installKernels, kernelsOf } from './device/kernels.ts';
import type { ProductStyle } from './wgsl/product.ts';

/** The name under which tfjs knows the backend; its own kernels are registered for it. */
export const BACKEND_NAME = 'webgpu';

/** tfjs's webgpu backend on a device of our own, with counters, and errors that say when the device is lost. */
export class FieldsWebgpuBackend extends WebGPUBackend {
  /** What was done since the backend was made. */
  get counters(): DeviceCounters {
    return { ...kernelsOf(this).counters };
  }

  /** Bytes of the buffers that the fused kernels keep, beside those of tensors. */
  get scratchBytes(): number {
    return kernelsOf(this).arena.bytes;
  }

  override submitQueue(): void {
    super.submitQueue();
    kernelsOf(this).submitted();
  }

  /** @throws DeviceLostError when the device is gone, DeviceFaultError when it reported a fault before the buffer was read */
  override async getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer> {
    const kernels = kernelsOf(this);
    kernels.assertSound();
    kernels.counters.readBacks += 1;
    try {
      const data = await super.getBufferData(buffer);
      kernels.assertSound();
      return data;
    } catch (error) {
      // `lost` is fulfilled soon after the reads have failed.
      await new Promise(resolve => setTimeout(resolve, 0));
      throw kernels.lost ?? error;
    }
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
}

/**
 * Makes a backend on a device with all that the adapter has. tfjs takes it in place of the one that importing this package registers:
 *
 *     removeBackend('webgpu');
 *     registerBackend('webgpu', () => createWebgpuBackend({ powerPreference: 'low-power' }), 3);
 *
 * @throws WebgpuUnavailableError when there is no WebGPU, no adapter or no device
 */
export const createWebgpuBackend = async (options: WebgpuBackendOptions = {}): Promise<FieldsWebgpuBackend> => {
  const { device, info } = await createDevice(options);
  const backend = new FieldsWebgpuBackend(device, info);
  installKernels(backend, options.productStyle ?? (isSoftware(info) ? 'direct' : 'tiled'));
  return backend;
};
