/** @file Checks that the comparison of a kernel with the composed implementation can fail. */
import { createField, siren } from '@neural-fields/core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  getKernel,
  type KernelFunc,
  registerBackend,
  registerKernel,
  setBackend,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { afterEach, expect, it } from 'vitest';
import { expectParity } from '../src/index.ts';

registerBackend('copy', () => new MathBackendCPU());
copyRegisteredKernels('cpu', 'copy');
const { kernelFunc: sine } = getKernel('Sin', 'copy') as { readonly kernelFunc: KernelFunc };

const replaceSine = (kernelFunc: KernelFunc): void => {
  unregisterKernel('Sin', 'copy');
  registerKernel({ kernelName: 'Sin', backendName: 'copy', kernelFunc });
};

afterEach(() => replaceSine(sine));

const compare = (fused: 'whole' | 'none' = 'none'): Promise<void> => {
  const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 5 };
  const field = createField(siren(size), { seed: 1 });
  return expectParity({ backend: 'copy', field, points: 9, request: { laplacian: true }, fused });
};

it('accepts a backend that computes the same', async () => {
  await expect(compare()).resolves.toBeUndefined();
});

it('rejects one without fused kernels where they are required', async () => {
  await setBackend('copy');
  await expect(compare('whole')).rejects.toThrow('to deeply equal');
});

it('rejects one with an error of 1e-4 in the sine', async () => {
  replaceSine(({ inputs, backend, attrs }) => {
    const { x } = inputs;
    const result = sine({ inputs: { x }, backend, ...(attrs && { attrs }) });
    const values = (backend as MathBackendCPU).data.get((result as { readonly dataId: object }).dataId)
      .values as Float32Array;
    for (let i = 0; i < values.length; i++) (values[i] as number) *= 1 + 1e-4;
    return result;
  });
  await expect(compare()).rejects.toThrow(/value|laplacian|coords|weight|bias/);
});
