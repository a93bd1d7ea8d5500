import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  engine,
  matMul,
  pad,
  registerBackend,
  removeBackend,
  reshape,
  scalar,
  setBackend,
  slice,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type TensorInfo,
  tensor2d,
  zeros,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createField, type Extensions, executionPlan, type FieldSpec, parseSpec } from '../../src/index.ts';
import { type KernelProgram, type LinearOperation, PROGRAM_KERNELS, registerFieldBackend } from '../../src/kernels.ts';

/** A backend whose programs are one linear map without bias: x W. */
const BACKEND = 'linear-program';
const seen: KernelProgram[] = [];

const dense = (options: object = {}): FieldSpec['layers'][number] =>
  ({
    kind: 'dense',
    outFeatures: 3,
    activation: { kind: 'identity' },
    weightInitialiser: { kind: 'pytorch-linear' },
    biasInitialiser: null,
    ...options,
  }) as FieldSpec['layers'][number];

const specOf = (layers: readonly object[], extensions: Extensions = {}): FieldSpec =>
  parseSpec({ inFeatures: 2, layers }, extensions);

const kernelsOf = async (work: () => Tensor): Promise<string[]> => (await engine().profile(work)).kernelNames;

beforeAll(() => {
  registerBackend(BACKEND, () => new MathBackendCPU());
  copyRegisteredKernels('cpu', BACKEND);
  registerFieldBackend({
    name: BACKEND,
    rank: 0,
    reportEvery: 1,
    supports: (operation, { order }) => order === 0 && operation.kind === 'linear' && operation.bias === undefined,
    compile(program) {
      seen.push(program);
      const [operation, ...others] = program.operations as [LinearOperation, ...LinearOperation[]];
      if (others.length > 0) return undefined;
      const { weight } = operation;
      if (weight.kind !== 'parameter') return undefined;
      const [rows, columns] = weight.shape as [number, number];
      const matrix = (flat: TensorInfo): Tensor2D =>
        reshape(slice(flat as Tensor1D, weight.offset, rows * columns), [rows, columns]);
      return {
        forward: ([x], flat) => [matMul(x as Tensor2D, matrix(flat))],
        backward([x], flat, [g]) {
          const gradient = reshape(matMul(x as Tensor2D, g as Tensor2D, true), [rows * columns]) as Tensor1D;
          const behind = flat.shape[0] as number;
          const padded = pad(gradient, [[weight.offset, behind - weight.offset - gradient.size]]);
          return [matMul(g as Tensor2D, matrix(flat), false, true), padded];
        },
      };
    },
  });
});
beforeEach(async () => {
  await setBackend(BACKEND);
  seen.length = 0;
});
afterAll(() => removeBackend(BACKEND));

describe("a backend's programs", () => {
  const x = (): Tensor2D =>
    tensor2d([
      [1, 2],
      [3, 5],
    ]);

  it('run supported operations, and their backward pass is the gradient', async () => {
    const weight = Float32Array.of(1, 2, 3, 4, 5, 6);
    const field = createField(specOf([dense()]), { parameters: { 'layers.0.weight': weight } });
    expect(await kernelsOf(() => field.evaluate(x()))).toContain(PROGRAM_KERNELS.forward);
    expect(Array.from(await field.evaluate(x()).data())).toEqual([9, 12, 15, 23, 31, 39]);
    const { grads } = engine().gradients(
      () => sum(field.evaluate(x())),
      [field.parameters['layers.0.weight'] as Tensor],
      scalar(1),
      false,
    );
    expect(Array.from(await (grads[0] as Tensor).data())).toEqual([4, 4, 4, 7, 7, 7]);
  });

  it('are compiled once for each request and instance of the backend', async () => {
    const field = createField(specOf([dense()]), { seed: 1 });
    for (let call = 0; call < 3; call++) field.evaluate(x()).dispose();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ inputs: [{ kind: 'coords', features: 2 }], outFeatures: 3, parameterCount: 6 });
    removeBackend(BACKEND);
    registerBackend(BACKEND, () => new MathBackendCPU());
    await setBackend(BACKEND);
    createField(field.spec, { seed: 1 }).evaluate(x());
    expect(seen).toHaveLength(2);
  });

  it('cover as much of the end of a network as it supports', async () => {
    const tanh = dense({ activation: { kind: 'tanh' }, biasInitialiser: { kind: 'zeros' } });
    const spec = specOf([tanh, dense()]);
    expect(executionPlan(spec)).toEqual({ fused: ['linear'], composed: ['linear', 'elementwise'] });
    expect(seen[0]).toMatchObject({ inputs: [{ kind: 'jet', features: 3 }], parameterCount: 2 * 3 + 3 + 3 * 3 });
    const field = createField(spec, { seed: 1 });
    const values = await field.evaluate(x()).data();
    await setBackend('cpu');
    const same = createField(spec, { seed: 1 });
    expect(values).toEqual(await same.evaluate(x()).data());
    const gradients = async (of: typeof field): Promise<Float32Array[]> => {
      const { grads } = engine().gradients(() => sum(of.evaluate(x())), Object.values(of.parameters), scalar(1), false);
      return Promise.all(grads.map(async gradient => (await gradient.data()) as Float32Array));
    };
    const composed = await gradients(same);
    await setBackend(BACKEND);
    expect(await gradients(field)).toEqual(composed);
  });

  it('do not run if the backend declines an operation, an order, or the program', async () => {
    const composed = async (spec: FieldSpec, request = {}): Promise<void> => {
      const field = createField(spec, { seed: 1 });
      const names = await kernelsOf(() => field.jet(x(), request).value);
      expect(names).not.toContain(PROGRAM_KERNELS.forward);
    };
    await composed(specOf([dense({ biasInitialiser: { kind: 'zeros' } })]));
    await composed(specOf([dense()]), { gradient: true });
    await composed(specOf([dense(), dense()]));
    expect(seen).toHaveLength(1);
  });

  it('include the fused activation of a product, with its learned parameters', async () => {
    const activation = { kind: 'super-gaussian', sigma: 2, learnable: ['b'] };
    const own: KernelProgram[] = [];
    registerFieldBackend({
      name: BACKEND,
      rank: 0,
      reportEvery: 1,
      supports: () => true,
      compile: program => void own.push(program),
    });
    createField(specOf([dense({ activation })]), { seed: 1 }).evaluate(x());
    const [operation] = (own[0] as KernelProgram).operations as [LinearOperation];
    expect(own[0]?.operations).toHaveLength(1);
    expect(operation.activation?.parameters).toEqual([
      { name: 'sigma', value: 2, initial: 2 },
      { name: 'b', value: { kind: 'parameter', index: 1, offset: 6, shape: [] }, initial: 1 },
    ]);
  });

  it('never get tensors of another length', () => {
    const field = createField(specOf([dense()]), { seed: 1 });
    expect(() => field.evaluate(zeros([3, 4]) as Tensor2D)).toThrow('coords must be [n, 2]');
  });
});
