/** @file The loss inside the kernels against the same loss in tfjs ops between the jet and its reverse, on the cpu backend. */
import {
  createField,
  createRng,
  type DerivativeRequest,
  type Field,
  fit,
  type LayerDefinition,
  mlp,
  type Optimizer,
  type PointLoss,
  type PointSource,
  type PointwiseError,
  type PointwiseLoss,
  type PointwisePenalty,
  siren,
  term,
} from '@neural-fields/core';
import { expectCloseInNorm, maxAbsolute, pointwiseLoss } from '@neural-fields/testing';
import { clone, engine, memory, mul, scalar, setBackend, type Tensor1D, type Tensor3D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';

interface Case {
  readonly field: () => Field;
  readonly points: number;
  readonly derivatives: DerivativeRequest;
  readonly loss: PointwiseLoss;
  readonly chunkSize?: number;
  readonly weightWidth?: number;
}

/** Fixed points with every target that a loss may name. */
const pointsFor = ({ inFeatures: d, outFeatures: o }: Field, n: number, weightWidth = 1): PointSource => {
  const rng = createRng(5);
  const numbers = (width: number): Float32Array => Float32Array.from({ length: n * width }, () => 2 * rng.uniform() - 1);
  const all = { coords: numbers(d), value: numbers(o), gradient: numbers(d * o), laplacian: numbers(o), w: numbers(weightWidth) };
  return {
    inFeatures: d,
    pointsPerStep: n,
    fixed: true,
    draw: (start, count) => {
      const part = (values: Float32Array): Float32Array => {
        const width = values.length / n;
        return values.slice(start * width, (start + count) * width);
      };
      const { coords, ...targets } = all;
      return {
        coords: part(coords),
        targets: Object.fromEntries(Object.entries(targets).map(([name, values]) => [name, part(values)])),
      };
    },
  };
};

/** The loss of one step and its gradient, as the fit loop sees them. */
const stepOf = async (
  one: Case,
  loss: PointLoss<DerivativeRequest>,
): Promise<{ readonly loss: number; readonly gradient: Float32Array }> => {
  const kept: Tensor1D[] = [];
  const probe: Optimizer = {
    kind: 'probe',
    learningRate: 1,
    settings: {},
    stateSize: 0,
    update: input => {
      kept.push(clone(input.gradient));
      return { parameters: clone(input.parameters), state: [] };
    },
  };
  const field = one.field();
  const points = pointsFor(field, one.points, one.weightWidth);
  const objective = [term({ points, derivatives: one.derivatives, loss, weight: 0.7 })];
  const options = { steps: 1, optimizer: probe, ...(one.chunkSize && { chunkSize: one.chunkSize }) };
  const losses: number[] = [];
  for await (const progress of fit(field, objective, options)) losses.push(progress.loss);
  const [gradient] = kept as [Tensor1D];
  const values = (await gradient.data()) as Float32Array;
  gradient.dispose();
  field.dispose();
  return { loss: losses[0] as number, gradient: values };
};

const withDescription = (loss: PointwiseLoss): PointLoss<DerivativeRequest> =>
  Object.assign(pointwiseLoss(loss), { pointwise: loss });

/** Two float32 sums in different orders, measured against the largest of all, as single ones may be small sums of large terms. */
const expectSameStep = async (one: Case, relative = 2e-5): Promise<void> => {
  await setBackend('webgpu');
  const fused = await stepOf(one, withDescription(one.loss));
  await setBackend('cpu');
  const composed = await stepOf(one, pointwiseLoss(one.loss));
  await setBackend('webgpu');
  expect(Math.abs(fused.loss - composed.loss)).toBeLessThanOrEqual(relative * (Math.abs(composed.loss) + 1));
  const absolute = relative * maxAbsolute(composed.gradient) + 1e-6;
  expectCloseInNorm(fused.gradient, composed.gradient, { absolute }, 'gradient');
};

const PENALTIES: readonly PointwisePenalty[] = [
  { kind: 'squared' },
  { kind: 'absolute' },
  { kind: 'huber', delta: 0.3 },
  { kind: 'charbonnier', epsilon: 0.01 },
];

const PARTS: readonly { readonly derivatives: DerivativeRequest; readonly errors: readonly PointwiseError[] }[] = [
  { derivatives: {}, errors: [{ of: 'value', target: 'value' }] },
  { derivatives: { gradient: true }, errors: [{ of: 'gradient', target: 'gradient' }] },
  { derivatives: { gradient: true }, errors: [{ of: 'gradient', factor: d => 1 / d }] },
  { derivatives: { laplacian: true }, errors: [{ of: 'laplacian', target: 'laplacian', factor: 0.01 }] },
  {
    derivatives: { laplacian: true, gradient: true, second: [[1, 0]] },
    errors: [{ of: 'value' }, { of: 'gradient', target: 'gradient', factor: 0.1 }, { of: 'laplacian', factor: 1e-3 }],
  },
];

const small = (options: Partial<Parameters<typeof siren>[0]> = {}): Field =>
  createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 11, hiddenLayers: 0, omega0: 5, ...options }), { seed: 2 });

/** Everything that the fused loss must do. */
export const lossSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);
  const value: PointwiseLoss = { errors: [{ of: 'value', target: 'value' }], penalty: { kind: 'squared' } };

  it('runs as one kernel', async () => {
    const one = { field: small, points: 9, derivatives: {}, loss: value };
    const { kernelNames } = await engine().profile(async () => {
      await stepOf(one, withDescription(value));
      return [];
    });
    expect(kernelNames).toContain('NeuralFieldsFieldLoss');
    expect(kernelNames).not.toContain('NeuralFieldsFieldJet');
  });

  // All penalties with one and the same network, whose other shaders are compiled once.
  const cases = PARTS.flatMap((part, index) =>
    PENALTIES.map((penalty, k) => ({ ...part, penalty, outFeatures: (index + k) % 2 === 0 ? 1 : 3, weighs: k % 2 === 1 })),
  );
  it.each(cases)('is the same for %o', async ({ derivatives, errors, penalty, outFeatures, weighs }) => {
    const loss = { errors, penalty, ...(weighs && { weight: 'w' }) };
    await expectSameStep({ field: () => small({ outFeatures }), points: 37, derivatives, loss });
  });

  it.each(['sine', 'prelu', 'super-gaussian', 'finer'])('is the same with the learned parameters of %s', async kind => {
    const names = { sine: ['omega'], prelu: ['a'], 'super-gaussian': ['a', 'b'], finer: ['omega'] }[kind] as string[];
    const activation = { kind, ...Object.fromEntries(names.map((name, i) => [name, 0.75 + i / 2])), learnable: names };
    const spec = mlp({
      inFeatures: 2,
      outFeatures: 1,
      hiddenFeatures: 9,
      hiddenLayers: 0,
      activation,
      finalActivation: activation,
    });
    const { derivatives, errors } = PARTS.at(-1) as (typeof PARTS)[number];
    const loss = { errors, penalty: { kind: 'squared' } } as const;
    await expectSameStep({ field: () => createField(spec, { seed: 3 }), points: 21, derivatives, loss });
  });

  it('is the same for any shape, number of points, weight and chunk', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          inFeatures: fc.integer({ min: 1, max: 4 }),
          outFeatures: fc.integer({ min: 1, max: 5 }),
          hiddenFeatures: fc.integer({ min: 1, max: 40 }),
          hiddenLayers: fc.integer({ min: 0, max: 1 }),
        }),
        fc.record({
          points: fc.integer({ min: 1, max: 150 }),
          chunkSize: fc.integer({ min: 30, max: 150 }),
          part: fc.constantFrom(...PARTS.slice(0, 4)),
          penalty: fc.constantFrom(...PENALTIES),
          weighs: fc.constantFrom('none', 'one', 'each'),
        }),
        async (size, { points, chunkSize, part: { derivatives, errors }, penalty, weighs }) => {
          const loss = { errors, penalty, ...(weighs !== 'none' && { weight: 'w' }) };
          const weightWidth = weighs === 'each' ? size.outFeatures : 1;
          const field = (): Field => createField(siren({ ...size, omega0: 3 }), { seed: 7 });
          await expectSameStep({ field, points, chunkSize, weightWidth, derivatives, loss }, 5e-5);
        },
      ),
      { numRuns: 6, seed: 20261121 },
    ));

  it('is the same behind an encoding that the kernel does not know', async () => {
    const fold: LayerDefinition = {
      kind: 'fold',
      outFeatures: (_spec, inFeatures) => inFeatures,
      parameters: () => [],
      jet: ({ value, first, second }) => ({
        value: mul(value, scalar(-2)),
        ...(first && { first: mul(first, scalar(-2)) as Tensor3D }),
        ...(second && { second: mul(second, scalar(-2)) as Tensor3D }),
      }),
    };
    const extensions = { layers: [fold] };
    const size = { inFeatures: 2, outFeatures: 2, hiddenFeatures: 9, hiddenLayers: 0 };
    const spec = mlp({ ...size, activation: { kind: 'sine', omega: 2 }, encoding: { kind: 'fold' }, extensions });
    const { derivatives, errors } = PARTS.at(-1) as (typeof PARTS)[number];
    const loss = { errors, penalty: { kind: 'squared' } } as const;
    await expectSameStep({ field: () => createField(spec, { seed: 3, extensions }), points: 50, derivatives, loss });
  });

  it('spans several batches of the kernel', async () => {
    const { counters } = await useBackend({ ...options, batchBytes: 2 ** 16 });
    const loss = { ...value, weight: 'w' };
    await expectSameStep({ field: () => small({ hiddenFeatures: 8 }), points: 901, derivatives: {}, loss });
    // Pack, 2 layers, loss, 2 weight gradients, 1 product back, 2 sums.
    expect(backend().counters.dispatches - counters.dispatches).toBe(3 * 9);
    await useBackend(options);
  });

  it('keeps no tensors', async () => {
    const one = { field: small, points: 9, derivatives: {}, loss: value, chunkSize: 4 };
    const before = memory().numTensors;
    await stepOf(one, withDescription(value));
    expect(memory().numTensors).toBe(before);
  });
};
