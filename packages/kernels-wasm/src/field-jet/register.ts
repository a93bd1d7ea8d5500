import {
  coreActivations,
  denseChainOf,
  isChainOperation,
  type KernelProgram,
  type ParameterNumbers,
  registerFieldBackend,
} from '@neural-fields/core';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import { fieldForward } from './forward.ts';
import { hasActivation } from './layout.ts';
import { fieldLoss } from './loss.ts';
import { fieldReverse } from './reverse.ts';

const sizeOf = ({ shape }: ParameterNumbers): number => shape.reduce((product, length) => product * length, 1);

/** The program as the kernels take it, with ways between tensors and numbers. */
const prepare = (program: KernelProgram, on: KernelBackend) => {
  const chain = denseChainOf(program);
  if (chain === undefined) return undefined;
  const simd = on as SimdBackend;
  const { network, parameters } = chain;
  return {
    simd,
    network,
    numbers: (tensors: readonly TensorInfo[]) => tensors.map(tensor => simd.numbers(tensor)),
    cut: (flat: TensorInfo) =>
      parameters.map(numbers => simd.numbers(flat).subarray(numbers.offset, numbers.offset + sizeOf(numbers))),
    /** Gradients of all parameters at their places in the flat vector. */
    gather: (gradients: readonly Float32Array[]): TensorInfo => {
      const flat = new Float32Array(program.parameterCount);
      for (const [index, gradient] of gradients.entries()) flat.set(gradient, parameters[index]?.offset);
      return simd.makeTensorInfo([flat.length], 'float32', flat);
    },
  };
};

/** Registers the fused field jet, and the losses that need nothing else. */
export const registerFieldJet = (): void =>
  registerFieldBackend({
    name: BACKEND_NAME,
    rank: 40,
    reportEvery: 1,
    supports: operation =>
      isChainOperation(operation, definition => coreActivations.includes(definition) && hasActivation(definition.kind)),
    compile(program, on) {
      const prepared = prepare(program, on);
      if (prepared === undefined) return undefined;
      const { simd, network, numbers, cut, gather } = prepared;
      const o = program.outFeatures;
      return {
        forward(inputs, parameters) {
          const n = inputs[0]?.shape[0] as number;
          return fieldForward(simd.kernels, network, numbers(inputs), cut(parameters)).map((values, index) =>
            simd.makeTensorInfo(index === 0 ? [n, o] : [values.length / (n * o), n, o], 'float32', values),
          );
        },
        reverse(inputs, parameters, upstream) {
          const all = fieldReverse(simd.kernels, network, numbers(inputs), cut(parameters), numbers(upstream));
          const ofInputs = inputs.map(({ shape }, index) =>
            simd.makeTensorInfo([...shape], 'float32', all[index] as Float32Array),
          );
          return [...ofInputs, gather(all.slice(inputs.length))];
        },
      };
    },
    compileLoss(program, loss, on) {
      const prepared = prepare(program, on);
      if (prepared === undefined) return undefined;
      const { simd, network, numbers, cut, gather } = prepared;
      return {
        run(inputs, parameters, targets, scale) {
          const result = fieldLoss(simd.kernels, { network, ...loss, scale }, numbers(inputs), cut(parameters), numbers(targets));
          return [simd.makeTensorInfo([], 'float32', Float32Array.of(result.loss)), gather(result.gradients)];
        },
      };
    },
  });
