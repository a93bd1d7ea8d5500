import { type AdamUpdate, registerAdamKernel } from '@neural-fields/core/kernels';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../backend.ts';
import { kernelsOf } from '../device/kernels.ts';
import { floatBits, linearGroups } from '../device/plan.ts';
import { ADAM_THREADS, adamUpdate } from '../wgsl/adam.ts';

type Inputs = NamedTensorInfoMap & {
  readonly parameters: TensorInfo;
  readonly gradient: TensorInfo;
  readonly first: TensorInfo;
  readonly second: TensorInfo;
};

const uniforms = new WeakMap<WebGPUBackend, GPUBuffer>();

/** One pass over the vectors. It is the end of a step, so everything recorded is submitted. */
const update: KernelFunc = ({ inputs, attrs, backend }) => {
  const webgpu = backend as WebGPUBackend;
  const kernels = kernelsOf(webgpu);
  const { parameters, gradient, first, second } = inputs as Inputs;
  const { beta1, beta2, epsilon, weightDecay, stepSize, secondCorrection, parameterScale, lazy } =
    attrs as object as AdamUpdate;
  const count = parameters.shape[0] as number;
  const { groups, columns } = linearGroups(count, ADAM_THREADS);
  // 1 - beta in float64: in float32 it would lose the last four digits of 1 - 0.999.
  const numbers = {
    beta1,
    beta2,
    oneMinusBeta1: 1 - beta1,
    oneMinusBeta2: 1 - beta2,
    epsilon,
    weightDecay,
    stepSize,
    secondCorrection,
    parameterScale,
    lazy: Number(lazy),
  };
  const bits = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, floatBits(value)]));
  const uniform = uniforms.get(webgpu) ?? kernels.makeUniform('adam', adamUpdate.sizes.length);
  uniforms.set(webgpu, uniform);
  const next = [1, 2, 3].map(() => kernels.makeTensor([count])) as [TensorInfo, TensorInfo, TensorInfo];
  const [nextParameters, nextFirst, nextSecond] = next;
  kernels.recordOnTensors(
    { shader: adamUpdate, sizes: { count, columns, ...bits }, groups },
    { parameters, gradient, first, second, nextParameters, nextFirst, nextSecond },
    uniform,
  );
  kernels.submit();
  return next;
};

/** Registers the Adam update. */
export const registerAdam = (): void => registerAdamKernel(BACKEND_NAME, update);
