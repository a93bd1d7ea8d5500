/**
 * @file The backend for fields: its programs of operations, and the losses that need nothing else, run in WebAssembly.
 */
import {
  type CompiledLoss,
  type CompiledProgram,
  type FieldBackend,
  type KernelLoss,
  type KernelProgram,
  registerFieldBackend,
} from '@neural-fields/core/kernels';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import { hasKernel } from './activations.ts';
import { fieldGroupOf } from './field-group.ts';
import { placeProgram } from './place-program.ts';
import type { Purpose } from './places.ts';
import { type FieldNumbers, FieldsRunner } from './run-many-fields.ts';
import { Runner } from './run-placed.ts';

/** A runner that is made when it is first asked for. */
const lazyRunner = (simd: SimdBackend, program: KernelProgram, purpose: Purpose, loss?: KernelLoss): (() => Runner) => {
  let made: Runner | undefined;
  return () => {
    made ??= new Runner(simd.machine, placeProgram(simd.machine, program, purpose, loss));
    return made;
  };
};

/** The same for many fields. */
const lazyFieldsRunner = (
  { machine }: SimdBackend,
  program: KernelProgram,
  purpose: Purpose,
  loss?: KernelLoss,
): (() => FieldsRunner) => {
  let made: FieldsRunner | undefined;
  return () => {
    if (made === undefined) {
      const group = fieldGroupOf(program);
      made = new FieldsRunner(machine, placeProgram(machine, group.program, purpose, loss), group);
    }
    return made;
  };
};

const pointsOf = ([first]: readonly TensorInfo[]): number => first?.shape[0] as number;

const fieldNumbers = (simd: SimdBackend, tensor: TensorInfo): FieldNumbers => ({
  values: simd.numbers(tensor),
  isShared: tensor.shape.length === 2,
});

const compileFields = (program: KernelProgram, fields: number, simd: SimdBackend): CompiledProgram => {
  const forward = lazyFieldsRunner(simd, program, 'forward');
  const reverse = lazyFieldsRunner(simd, program, 'reverse');
  const { outFeatures: o, shape } = program;
  const blocks = [[], [shape.inFeatures], [shape.forms?.weights.length ?? 0]];
  const made = (shape: readonly number[], values: Float32Array): TensorInfo =>
    simd.makeTensorInfo([...shape], 'float32', values);
  return {
    forward([coords], parameters) {
      const n = coords?.shape.at(-2) as number;
      const results = forward().forward(fieldNumbers(simd, coords as TensorInfo), simd.numbers(parameters), n);
      return results.map((numbers, index) => made([...(blocks[index] as number[]), fields * n, o], numbers));
    },
    backward([coords], parameters, upstream) {
      const given = coords as TensorInfo;
      const derivatives = upstream.map(tensor => simd.numbers(tensor));
      const n = given.shape[1] as number;
      const [byCoords, byParameters] = reverse().reverse(simd.numbers(given), simd.numbers(parameters), derivatives, n);
      return [made(given.shape, byCoords), made(parameters.shape, byParameters)];
    },
  };
};

const compileFieldsLoss = (program: KernelProgram, loss: KernelLoss, simd: SimdBackend): CompiledLoss => {
  const runner = lazyFieldsRunner(simd, program, 'loss', loss);
  return {
    run([coords], parameters, targets, scale) {
      const { losses, gradient } = runner().loss({
        coords: fieldNumbers(simd, coords as TensorInfo),
        parameters: simd.numbers(parameters),
        targets: targets.map(target => fieldNumbers(simd, target)),
        scale,
        points: coords?.shape.at(-2) as number,
      });
      return [
        simd.makeTensorInfo([losses.length], 'float32', losses),
        simd.makeTensorInfo([...parameters.shape], 'float32', gradient),
      ];
    },
  };
};

const simdFields: FieldBackend = {
  name: BACKEND_NAME,
  rank: 40,
  reportEvery: 1,
  manyFields: true,
  supports: operation =>
    operation.kind === 'elementwise' ? hasKernel(operation.activation.definition) : operation.kind !== 'custom',
  compile(program: KernelProgram, on: KernelBackend) {
    const simd = on as SimdBackend;
    if (program.fields !== undefined) return compileFields(program, program.fields, simd);
    const numbers = (tensors: readonly TensorInfo[]) => tensors.map(tensor => simd.numbers(tensor));
    const forward = lazyRunner(simd, program, 'forward');
    const reverse = lazyRunner(simd, program, 'reverse');
    const { outFeatures: o, shape } = program;
    const blocks = [[], [shape.inFeatures], [shape.forms?.weights.length ?? 0]];
    return {
      forward(inputs, parameters, { isRecorded = false } = {}) {
        const n = pointsOf(inputs);
        const kept = isRecorded ? simd.keptForward.start() : undefined;
        const runner = kept ? reverse() : forward();
        const results = runner.forward(numbers(inputs), simd.numbers(parameters), n, kept);
        if (kept) simd.keptForward.remember(runner, [...inputs, parameters]);
        return results.map((values, index) =>
          simd.makeTensorInfo([...(blocks[index] as number[]), n, o], 'float32', values),
        );
      },
      backward(inputs, parameters, upstream) {
        const runner = reverse();
        const kept = simd.keptForward.claim(runner, [...inputs, parameters]);
        const given = { inputs: numbers(inputs), parameters: simd.numbers(parameters), upstream: numbers(upstream) };
        const results = runner.reverse({ ...given, total: pointsOf(inputs) }, kept);
        const shapes = [...inputs, parameters].map(tensor => [...tensor.shape]);
        return results.map((values, index) => simd.makeTensorInfo(shapes[index] as number[], 'float32', values)) as [
          ...TensorInfo[],
          TensorInfo,
        ];
      },
    };
  },
  compileLoss(program, loss, on) {
    const simd = on as SimdBackend;
    if (program.fields !== undefined) return compileFieldsLoss(program, loss, simd);
    const numbers = (tensors: readonly TensorInfo[]) => tensors.map(tensor => simd.numbers(tensor));
    const runner = lazyRunner(simd, program, 'loss', loss);
    return {
      run(inputs, parameters, targets, scale) {
        const result = runner().loss({
          inputs: numbers(inputs),
          parameters: simd.numbers(parameters),
          targets: numbers(targets),
          scale,
          total: pointsOf(inputs),
        });
        return [
          simd.makeTensorInfo([], 'float32', Float32Array.of(result.loss)),
          simd.makeTensorInfo([...parameters.shape], 'float32', result.gradient),
        ];
      },
    };
  },
};

/** Registers the backend for fields. */
export const registerFields = (): void => registerFieldBackend(simdFields);
