import { type FieldJetNetwork, type FieldLoss, registerFieldJetKernel, registerFieldLossKernel } from '@neural-fields/core';
import type { KernelFunc, Tensor } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import { fieldForward } from './forward.ts';
import { supportsNetwork } from './layout.ts';
import { parameterCount } from './learned-parameters.ts';
import { fieldLoss } from './loss.ts';
import { fieldReverse } from './reverse.ts';

/** A kernel of this backend with a list of inputs: numbers in, numbers out. */
const forward: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const network = attrs as object as FieldJetNetwork;
  const [coords, ...parameters] = (inputs as object as Tensor[]).map(input => simd.numbers(input)) as [
    Float32Array,
    ...Float32Array[],
  ];
  const n = coords.length / network.inFeatures;
  const o = network.layers.at(-1)?.outFeatures as number;
  return fieldForward(simd.kernels, network, coords, parameters).map((values, index) =>
    simd.makeTensorInfo(index === 0 ? [n, o] : [values.length / (n * o), n, o], 'float32', values),
  );
};

const reverse: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const network = attrs as object as FieldJetNetwork;
  const tensors = inputs as object as Tensor[];
  const [coords, ...rest] = tensors.map(input => simd.numbers(input)) as [Float32Array, ...Float32Array[]];
  const count = parameterCount(network);
  const [parameters, upstream] = [rest.slice(0, count), rest.slice(count)];
  return fieldReverse(simd.kernels, network, coords, parameters, upstream).map((values, index) =>
    simd.makeTensorInfo((tensors[index] as Tensor).shape, 'float32', values),
  );
};

const loss: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const [coords, parameters, ...targets] = (inputs as object as Tensor[]).map(input => simd.numbers(input)) as [
    Float32Array,
    Float32Array,
    ...Float32Array[],
  ];
  const { loss: sum, gradient } = fieldLoss(simd.kernels, attrs as object as FieldLoss, coords, parameters, targets);
  return [simd.makeTensorInfo([], 'float32', Float32Array.of(sum)), simd.makeTensorInfo([gradient.length], 'float32', gradient)];
};

/** Registers the fused field jet, and the losses that need nothing else. */
export const registerFieldJet = (): void => {
  registerFieldJetKernel({ backendName: BACKEND_NAME, supports: supportsNetwork, forward, reverse });
  registerFieldLossKernel(BACKEND_NAME, loss);
};
