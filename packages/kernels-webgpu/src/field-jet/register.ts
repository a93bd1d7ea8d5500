import {
  type DenseChain,
  denseChainOf,
  isChainOperation,
  type KernelProgram,
  registerFieldBackend,
} from '@neural-fields/core/kernels';
import type { ParameterNumbers } from '@neural-fields/core/layers';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../backend.ts';
import { type FieldKernels, kernelsOf } from '../device/kernels.ts';
import { supportsNetwork } from './batches.ts';
import type { FlatVector } from './copies.ts';
import { fieldForward, fieldReverse } from './jet.ts';
import { fieldLoss } from './loss.ts';
import { parameterRegions } from './regions.ts';

const sizeOf = ({ shape }: ParameterNumbers): number => shape.reduce((product, length) => product * length, 1);

let compiled = 0;

/** Where the parameters of a chain begin in the flat vector; `undefined` where they do not follow on each other. */
const startOf = ({ parameters }: DenseChain): number | undefined => {
  const first = parameters[0]?.offset ?? 0;
  let next = first;
  for (const numbers of parameters) {
    if (numbers.offset !== next) return undefined;
    next += sizeOf(numbers);
  }
  return first;
};

const prepare = (program: KernelProgram, on: KernelBackend) => {
  const chain = denseChainOf(program);
  const start = chain && startOf(chain);
  if (chain === undefined || start === undefined || !supportsNetwork(chain.network)) return undefined;
  const backend = on as WebGPUBackend;
  const kernels = (): FieldKernels => kernelsOf(backend);
  const isWhole = parameterRegions(chain.network).count === program.parameterCount;
  return {
    kernels,
    network: { ...chain.network, key: `${compiled++}` },
    vector: (tensor: TensorInfo): FlatVector => ({ tensor, start }),
    /** For the gradient: 0 where the program does not write. */
    newVector: (): FlatVector => {
      const shape = [program.parameterCount];
      const tensor = isWhole
        ? kernels().makeTensor(shape)
        : backend.makeTensorInfo(shape, 'float32', new Float32Array(program.parameterCount));
      return { tensor, start };
    },
  };
};

/** Registers the fused field jet, and the losses that need nothing else. */
export const registerFieldJet = (): void =>
  registerFieldBackend({
    name: BACKEND_NAME,
    rank: 50,
    reportEvery: 10,
    supports: operation => isChainOperation(operation, ({ expressions }) => expressions !== undefined),
    compile(program, on) {
      const prepared = prepare(program, on);
      if (prepared === undefined) return undefined;
      const { kernels, network, vector, newVector } = prepared;
      return {
        forward: (inputs, parameters) => fieldForward(kernels(), network, inputs, vector(parameters)),
        reverse(inputs, parameters, upstream) {
          const gradient = newVector();
          const before = fieldReverse(kernels(), network, inputs, { parameters: vector(parameters), upstream, gradient });
          return [...before, gradient.tensor];
        },
      };
    },
    compileLoss(program, loss, on) {
      const prepared = prepare(program, on);
      if (prepared === undefined) return undefined;
      const { kernels, network, vector, newVector } = prepared;
      const key = `${compiled++}`;
      return {
        run(inputs, parameters, targets, scale) {
          const gradient = newVector();
          const vectors = { parameters: vector(parameters), gradient };
          return [fieldLoss(kernels(), { ...loss, network, scale, key }, inputs, { ...vectors, targets }), gradient.tensor];
        },
      };
    },
  });
