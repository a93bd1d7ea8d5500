import { type FieldJetNetwork, type FieldLoss, registerFieldJetKernel, registerFieldLossKernel } from '@neural-fields/core';
import type { KernelFunc, Tensor } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import { fieldForward } from './forward.ts';
import { supportsNetwork } from './layout.ts';
import { parameterCount } from './learned-parameters.ts';
import { fieldLoss } from './loss.ts';
import { fieldReverse } from './reverse.ts';

/** How many of the kernels' first inputs are the network's input: coordinates, or value, first and second of an encoding. */
const inputCount = ({ encodedFeatures, order, forms }: FieldJetNetwork): number =>
  encodedFeatures === undefined ? 1 : 1 + Number(order >= 1) + Number(forms !== undefined);

/** A kernel of this backend with a list of inputs: numbers in, numbers out. */
const forward: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const network = attrs as object as FieldJetNetwork;
  const tensors = inputs as object as Tensor[];
  const numbers = tensors.map(input => simd.numbers(input));
  const given = inputCount(network);
  const n = tensors[0]?.shape[0] as number;
  const o = network.layers.at(-1)?.outFeatures as number;
  return fieldForward(simd.kernels, network, numbers.slice(0, given), numbers.slice(given)).map((values, index) =>
    simd.makeTensorInfo(index === 0 ? [n, o] : [values.length / (n * o), n, o], 'float32', values),
  );
};

const reverse: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const network = attrs as object as FieldJetNetwork;
  const tensors = inputs as object as Tensor[];
  const numbers = tensors.map(input => simd.numbers(input));
  const given = inputCount(network);
  const end = given + parameterCount(network);
  const [input, parameters, upstream] = [numbers.slice(0, given), numbers.slice(given, end), numbers.slice(end)];
  return fieldReverse(simd.kernels, network, input, parameters, upstream).map((values, index) =>
    simd.makeTensorInfo((tensors[index] as Tensor).shape, 'float32', values),
  );
};

const loss: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const description = attrs as object as FieldLoss;
  const numbers = (inputs as object as Tensor[]).map(input => simd.numbers(input));
  const given = inputCount(description.network);
  const parameters = numbers[given] as Float32Array;
  const [input, targets] = [numbers.slice(0, given), numbers.slice(given + 1)];
  const { loss: sum, gradient } = fieldLoss(simd.kernels, description, input, parameters, targets);
  return [simd.makeTensorInfo([], 'float32', Float32Array.of(sum)), simd.makeTensorInfo([gradient.length], 'float32', gradient)];
};

/** Registers the fused field jet, and the losses that need nothing else. */
export const registerFieldJet = (): void => {
  registerFieldJetKernel({ backendName: BACKEND_NAME, supports: supportsNetwork, forward, reverse });
  registerFieldLossKernel(BACKEND_NAME, loss);
};
