import { type AdamUpdate, registerAdamKernel } from '@neural-fields/core/kernels';
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';

type Inputs = NamedTensorInfoMap & {
  readonly parameters: TensorInfo;
  readonly gradient: TensorInfo;
  readonly first: TensorInfo;
  readonly second: TensorInfo;
};

/** One pass over the vectors. Each number is worked out in float64 and rounded when it is stored. */
const adamUpdate: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const { parameters, gradient, first, second } = inputs as Inputs;
  const { beta1, beta2, epsilon, weightDecay, stepSize, secondCorrection } = attrs as object as AdamUpdate;
  const [p, g, m, v] = [parameters, gradient, first, second].map(input => simd.numbers(input)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [pNext, mNext, vNext] = [new Float32Array(p.length), new Float32Array(p.length), new Float32Array(p.length)];
  for (let i = 0; i < p.length; i++) {
    const slope = (g[i] as number) + weightDecay * (p[i] as number);
    const mi = beta1 * (m[i] as number) + (1 - beta1) * slope;
    const vi = beta2 * (v[i] as number) + (1 - beta2) * slope * slope;
    mNext[i] = mi;
    vNext[i] = vi;
    pNext[i] = (p[i] as number) - (stepSize * mi) / (Math.sqrt(vi) * secondCorrection + epsilon);
  }
  return [pNext, mNext, vNext].map(values => simd.makeTensorInfo([p.length], 'float32', values));
};

/** Registers the update of Adam. */
export const registerAdam = (): void => registerAdamKernel(BACKEND_NAME, adamUpdate);
