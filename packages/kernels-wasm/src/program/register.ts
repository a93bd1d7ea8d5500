/**
 * @file Registers the backend for fields: programs of operations, and pointwise losses on their outputs, in
 *   WebAssembly.
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
import { encodeProgram } from './encode-program.ts';
import { fieldGroupOf } from './field-group.ts';
import { FieldsRunner, type FieldValues } from './run-many-fields.ts';
import { Runner } from './run-program.ts';
import type { Purpose } from './scratch-layout.ts';

/** A runner that is created on first use. */
const lazyRunner = (simd: SimdBackend, program: KernelProgram, purpose: Purpose, loss?: KernelLoss): (() => Runner) => {
  let made: Runner | undefined;
  return () => {
    made ??= new Runner(simd.machine, encodeProgram(simd.machine, program, purpose, loss));
    return made;
  };
};

/** The same, for many fields. */
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
      made = new FieldsRunner(machine, encodeProgram(machine, group.program, purpose, loss), group);
    }
    return made;
  };
};

const pointsOf = ([first]: readonly TensorInfo[]): number => first?.shape[0] as number;

const fieldValues = (simd: SimdBackend, tensor: TensorInfo): FieldValues => ({
  values: simd.valuesOf(tensor),
  isShared: tensor.shape.length === 2,
});

const compileFields = (program: KernelProgram, fields: number, simd: SimdBackend): CompiledProgram => {
  const forward = lazyFieldsRunner(simd, program, 'forward');
  const backward = lazyFieldsRunner(simd, program, 'backward');
  const { outFeatures: o, shape } = program;
  const blocks = [[], [shape.inFeatures], [shape.forms?.weights.length ?? 0]];
  const made = (shape: readonly number[], values: Float32Array): TensorInfo =>
    simd.makeTensorInfo([...shape], 'float32', values);
  return {
    forward([coords], parameters) {
      const n = coords?.shape.at(-2) as number;
      const results = forward().forward(fieldValues(simd, coords as TensorInfo), simd.valuesOf(parameters), n);
      return results.map((values, index) => made([...(blocks[index] as number[]), fields * n, o], values));
    },
    backward([coords], parameters, upstream) {
      const given = coords as TensorInfo;
      const derivatives = upstream.map(tensor => simd.valuesOf(tensor));
      const n = given.shape[1] as number;
      const [byCoords, byParameters] = backward().backward(
        simd.valuesOf(given),
        simd.valuesOf(parameters),
        derivatives,
        n,
      );
      return [made(given.shape, byCoords), made(parameters.shape, byParameters)];
    },
  };
};

const compileFieldsLoss = (program: KernelProgram, loss: KernelLoss, simd: SimdBackend): CompiledLoss => {
  const runner = lazyFieldsRunner(simd, program, 'loss', loss);
  return {
    run([coords], parameters, targets, scale) {
      const { losses, gradient } = runner().loss({
        coords: fieldValues(simd, coords as TensorInfo),
        parameters: simd.valuesOf(parameters),
        targets: targets.map(target => fieldValues(simd, target)),
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
    const valuesOf = (tensors: readonly TensorInfo[]) => tensors.map(tensor => simd.valuesOf(tensor));
    const forward = lazyRunner(simd, program, 'forward');
    const backward = lazyRunner(simd, program, 'backward');
    const { outFeatures: o, shape } = program;
    const blocks = [[], [shape.inFeatures], [shape.forms?.weights.length ?? 0]];
    return {
      forward(inputs, parameters, { isRecorded = false } = {}) {
        const n = pointsOf(inputs);
        const kept = isRecorded ? simd.keptForward.start() : undefined;
        const runner = kept ? backward() : forward();
        const results = runner.forward(valuesOf(inputs), simd.valuesOf(parameters), n, kept);
        if (kept) simd.keptForward.remember(runner, [...inputs, parameters]);
        return results.map((values, index) =>
          simd.makeTensorInfo([...(blocks[index] as number[]), n, o], 'float32', values),
        );
      },
      backward(inputs, parameters, upstream) {
        const runner = backward();
        const kept = simd.keptForward.claim(runner, [...inputs, parameters]);
        const given = { inputs: valuesOf(inputs), parameters: simd.valuesOf(parameters), upstream: valuesOf(upstream) };
        const results = runner.backward({ ...given, total: pointsOf(inputs) }, kept);
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
    const valuesOf = (tensors: readonly TensorInfo[]) => tensors.map(tensor => simd.valuesOf(tensor));
    const runner = lazyRunner(simd, program, 'loss', loss);
    return {
      accumulates: true,
      run(inputs, parameters, targets, scale, total) {
        const result = runner().loss({
          inputs: valuesOf(inputs),
          parameters: simd.valuesOf(parameters),
          targets: valuesOf(targets),
          scale,
          total: pointsOf(inputs),
          ...(total && { gradient: simd.valuesOf(total) }),
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
