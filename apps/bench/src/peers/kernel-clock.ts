import { getKernelsForBackend, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';

/** Adds up the time in kernels. */
export interface KernelClock {
  /** In seconds, since the clock was started. */
  seconds(): number;
}

/**
 * Times the kernels of this project on a backend whose kernels are done when they return. The rest of a step is spent
 * in the fit loop.
 */
export const startKernelClock = (backendName: string): KernelClock => {
  let milliseconds = 0;
  for (const kernel of getKernelsForBackend(backendName)) {
    if (!kernel.kernelName.startsWith('NeuralFields')) continue;
    const { kernelFunc } = kernel;
    unregisterKernel(kernel.kernelName, backendName);
    registerKernel({
      ...kernel,
      kernelFunc: args => {
        const begin = performance.now();
        try {
          return kernelFunc(args);
        } finally {
          milliseconds += performance.now() - begin;
        }
      },
    });
  }
  return { seconds: () => milliseconds / 1000 };
};
