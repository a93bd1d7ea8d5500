import { type FieldJetNetwork, type FieldLoss, registerFieldJetKernel, registerFieldLossKernel } from '@neural-fields/core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../backend.ts';
import { kernelsOf } from '../device/kernels.ts';
import { supportsNetwork } from './batches.ts';
import { fieldForward, fieldReverse, inputCount } from './jet.ts';
import { fieldLoss } from './loss.ts';
import { parameterCount } from './regions.ts';

const forward: KernelFunc = ({ inputs, attrs, backend }) => {
  const network = attrs as object as FieldJetNetwork;
  const tensors = inputs as object as TensorInfo[];
  const given = inputCount(network);
  return fieldForward(kernelsOf(backend as WebGPUBackend), network, tensors.slice(0, given), tensors.slice(given));
};

const reverse: KernelFunc = ({ inputs, attrs, backend }) => {
  const network = attrs as object as FieldJetNetwork;
  const tensors = inputs as object as TensorInfo[];
  const given = inputCount(network);
  const end = given + parameterCount(network);
  const kernels = kernelsOf(backend as WebGPUBackend);
  return fieldReverse(kernels, network, tensors.slice(0, given), tensors.slice(given, end), tensors.slice(end));
};

const loss: KernelFunc = ({ inputs, attrs, backend }) => {
  const description = attrs as object as FieldLoss;
  const tensors = inputs as object as TensorInfo[];
  const given = inputCount(description.network);
  const parameters = tensors[given] as TensorInfo;
  return fieldLoss(
    kernelsOf(backend as WebGPUBackend),
    description,
    tensors.slice(0, given),
    parameters,
    tensors.slice(given + 1),
  );
};

/** Registers the fused field jet, and the losses that need nothing else. */
export const registerFieldJet = (): void => {
  registerFieldJetKernel({ backendName: BACKEND_NAME, supports: supportsNetwork, forward, reverse });
  registerFieldLossKernel(BACKEND_NAME, loss);
};
