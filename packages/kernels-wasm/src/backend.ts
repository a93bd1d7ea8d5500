import type { NumericsBackend } from '@neural-fields/core/kernels';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelOptions, type Kernels, loadKernels } from './load-kernels.ts';
import type { Machine } from './machine.ts';
import { KeptForward } from './wasm/kept-forward.ts';

/** The name under which tfjs knows the backend. */
export const BACKEND_NAME = 'simd';

/** tfjs's cpu backend, whose tensors are ordinary typed arrays, with kernels in WebAssembly beside it. */
export class SimdBackend extends MathBackendCPU implements NumericsBackend {
  readonly kernels: Kernels;
  /** @internal */
  readonly keptForward: KeptForward;

  constructor(kernels: Kernels) {
    super();
    this.kernels = kernels;
    this.keptForward = new KeptForward(kernels.arena);
    // The cpu backend advertises tfjs-node with the first tensor.
    Reflect.set(this, 'firstUse', false);
  }

  /** What runs programs. */
  get machine(): Machine {
    return this.kernels.machine;
  }

  /**
   * How many threads share the work, where Node's permissions let them start; 1 in a browser where there can be no
   * more.
   */
  get threads(): number {
    return this.kernels.pool.count;
  }

  /**
   * What the roundings of results depend on: gradients are sums that the threads share. A checkpoint of core's keeps
   * it.
   */
  get numerics(): Readonly<Record<string, string>> {
    return { threads: String(this.threads), build: this.kernels.build };
  }

  /** The numbers of a float32 tensor; they must not be changed. */
  numbers({ dataId }: TensorInfo): Float32Array {
    return this.data.get(dataId).values as Float32Array;
  }

  /** Ends the threads. */
  override dispose(): void {
    this.kernels.pool.dispose();
  }
}

/**
 * Makes a backend with other settings than the one that the package registers. tfjs takes it in the other's place:
 *
 *     removeBackend('simd');
 *     registerBackend('simd', () => createSimdBackend({ threads: 2 }), 2);
 *
 * @throws Error when the engine lacks WebAssembly SIMD or shared memory, RangeError when an option is wrong
 */
export const createSimdBackend = async (options: KernelOptions = {}): Promise<SimdBackend> =>
  new SimdBackend(await loadKernels(options));
