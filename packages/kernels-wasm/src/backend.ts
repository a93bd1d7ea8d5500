import type { NumericsBackend } from '@neural-fields/core/kernels';
import { assertOptions } from '@neural-fields/core/options';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelOptions, type Kernels, loadKernels } from './load-kernels.ts';
import type { Machine } from './machine.ts';
import { KeptForward } from './wasm/kept-forward.ts';

/** The name under which tfjs knows the backend. */
export const BACKEND_NAME = 'simd';

/** tfjs's cpu backend, which stores tensors in ordinary typed arrays, with additional kernels in WebAssembly. */
export class SimdBackend extends MathBackendCPU implements NumericsBackend {
  readonly kernels: Kernels;
  /** @internal */
  readonly keptForward: KeptForward;

  constructor(kernels: Kernels) {
    super();
    this.kernels = kernels;
    this.keptForward = new KeptForward(kernels.arena);
    // The cpu backend prints an advertisement for tfjs-node when it creates its first tensor.
    Reflect.set(this, 'firstUse', false);
  }

  /** The machine that runs programs. */
  get machine(): Machine {
    return this.kernels.machine;
  }

  /**
   * How many threads share the work, including the caller's; 1 in a browser that cannot start more. Under Node's
   * permission model the threads may fail to start: then the calling thread does the work of all.
   */
  get threads(): number {
    return this.kernels.pool.count;
  }

  /**
   * The settings on which the rounding of results depends: the threads share the sums of gradients. Core stores them in
   * checkpoints.
   */
  get numerics(): Readonly<Record<string, string>> {
    return { threads: String(this.threads), build: this.kernels.build };
  }

  /** The values of a float32 tensor. They must not be modified. */
  valuesOf({ dataId }: TensorInfo): Float32Array {
    return this.data.get(dataId).values as Float32Array;
  }

  /** Terminates the threads. */
  override dispose(): void {
    this.kernels.pool.dispose();
  }
}

/**
 * Creates a backend with other settings than the registered one. To replace that one in tfjs:
 *
 *     removeBackend('simd');
 *     registerBackend('simd', () => createSimdBackend({ threads: 2 }), 2);
 *
 * @throws Error when the engine lacks WebAssembly SIMD or shared memory, RangeError when an option is wrong
 */
export const createSimdBackend = async (options: KernelOptions = {}): Promise<SimdBackend> => {
  assertOptions('createSimdBackend', options, { threads: 1, maximumMemory: 1, threadScript: 1 });
  return new SimdBackend(await loadKernels(options));
};
