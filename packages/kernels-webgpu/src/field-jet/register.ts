import { type KernelProgram, registerFieldBackend } from '@neural-fields/core/kernels';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME } from '../backend.ts';
import { type FieldKernels, kernelsOf } from '../device/kernels.ts';
import { blockCount, jetShapeOf } from '../wgsl/jet-rule.ts';
import { MAX_BLOCKS } from '../wgsl/product-code.ts';
import { fieldProgram, newKey } from './field-program.ts';
import { fieldBackward, fieldForward } from './jet.ts';
import { fieldLoss } from './loss.ts';
import { hasKernels } from './ops/index.ts';
import { type GradientGroup, hasPlainTables, type ParameterRegions, parameterRegions } from './regions.ts';

const prepare = (given: KernelProgram, on: KernelBackend) => {
  if (!hasPlainTables(given)) return undefined;
  const program = fieldProgram(given);
  const known = new Map<number, ParameterRegions>();
  const regionsOf = (fields: number): ParameterRegions => {
    const regions = known.get(fields) ?? parameterRegions(program, fields);
    known.set(fields, regions);
    return regions;
  };
  const backend = on as WebGPUBackend;
  const kernels = (): FieldKernels => kernelsOf(backend);
  const { parameterCount, fields = 1 } = program;
  const { shared, own } = regionsOf(1);
  const lengthOf = ({ writes }: GradientGroup): number => writes.reduce((sum, { length }) => sum + length, 0);
  const written = lengthOf(shared) + fields * lengthOf(own);
  /** A tensor for the gradient; zero where the program does not write. */
  const newGradient = (): TensorInfo =>
    written === parameterCount
      ? kernels().makeTensor([parameterCount])
      : backend.makeTensorInfo([parameterCount], 'float32', new Float32Array(parameterCount));
  return { program, regionsOf, kernels, newGradient };
};

/** Registers the fused programs and pointwise losses. */
export const registerFieldJet = (): void =>
  registerFieldBackend({
    name: BACKEND_NAME,
    rank: 50,
    reportEvery: 10,
    manyFields: true,
    supports: (operation, shape) => blockCount(jetShapeOf(shape)) <= MAX_BLOCKS && hasKernels(operation),
    compile(given, on) {
      const prepared = prepare(given, on);
      if (prepared === undefined) return undefined;
      const { program, regionsOf, kernels, newGradient } = prepared;
      return {
        forward: (inputs, parameters) => fieldForward(kernels(), program, regionsOf, { inputs, parameters }),
        backward(inputs, parameters, upstream) {
          const gradient = newGradient();
          const before = fieldBackward(kernels(), program, regionsOf, { inputs, parameters, upstream, gradient });
          return [...before, gradient];
        },
      };
    },
    compileLoss(given, loss, on) {
      const prepared = prepare(given, on);
      if (prepared === undefined) return undefined;
      const { program, regionsOf, kernels, newGradient } = prepared;
      const compiled = { ...loss, key: newKey() };
      return {
        run(inputs, parameters, targets, scale) {
          const gradient = newGradient();
          return [
            fieldLoss(kernels(), program, regionsOf, { loss: compiled, scale, inputs, parameters, targets, gradient }),
            gradient,
          ];
        },
      };
    },
  });
