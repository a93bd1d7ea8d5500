/** @file The loss inside the kernel against the same loss in tfjs ops between the jet and its reverse. */
import {
  coreActivations,
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
import { clone, engine, memory, mul, ready, scalar, setBackend, type Tensor3D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import '../../src/index.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

interface Case {
  readonly field: Field;
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
const stepOf = async (one: Case, loss: PointLoss<DerivativeRequest>): Promise<{ loss: number; gradient: Float32Array }> => {
  let gradient = new Float32Array();
  const probe: Optimizer = {
    kind: 'probe',
    learningRate: 1,
    settings: {},
    stateSize: 0,
    update: input => {
      gradient = input.gradient.dataSync() as Float32Array<ArrayBuffer>;
      return { parameters: clone(input.parameters), state: [] };
    },
  };
  const points = pointsFor(one.field, one.points, one.weightWidth);
  const objective = [term({ points, derivatives: one.derivatives, loss, weight: 0.7 })];
  const options = { steps: 1, optimizer: probe, ...(one.chunkSize && { chunkSize: one.chunkSize }) };
  for await (const progress of fit(one.field, objective, options)) return { loss: progress.loss, gradient };
  throw new Error('the fit made no step');
};

const withDescription = (loss: PointwiseLoss): PointLoss<DerivativeRequest> =>
  Object.assign(pointwiseLoss(loss), { pointwise: loss });

/** Two float32 sums in different orders, measured against the largest of all, as single ones may be small sums of large terms. */
const expectSameStep = async (one: Case, relative = 2e-5): Promise<void> => {
  const fused = await stepOf(one, withDescription(one.loss));
  const composed = await stepOf(one, pointwiseLoss(one.loss));
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
  createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 19, hiddenLayers: 1, omega0: 5, ...options }), { seed: 2 });

describe('a pointwise loss', () => {
  const kernelsOf = async (one: Case, loss: PointLoss<DerivativeRequest>): Promise<string[]> => {
    const { kernelNames } = await engine().profile(async () => {
      await stepOf(one, loss);
      return [];
    });
    return kernelNames;
  };
  const value: PointwiseLoss = { errors: [{ of: 'value', target: 'value' }], penalty: { kind: 'squared' } };

  it('runs as one kernel', async () => {
    const names = await kernelsOf({ field: small(), points: 9, derivatives: {}, loss: value }, withDescription(value));
    expect(names).toContain('NeuralFieldsFieldLoss');
    expect(names).not.toContain('NeuralFieldsFieldJet');
  });

  it('is left to tfjs ops where the loss is a function only', async () => {
    const names = await kernelsOf({ field: small(), points: 9, derivatives: {}, loss: value }, pointwiseLoss(value));
    expect(names).toContain('NeuralFieldsFieldJetReverse');
    expect(names).not.toContain('NeuralFieldsFieldLoss');
  });

  it('leaves it to the loss itself to say what it misses', async () => {
    const missing: PointwiseLoss = { ...value, errors: [{ of: 'value', target: 'colour' }] };
    const loss: PointLoss<DerivativeRequest> = () => {
      throw new RangeError('no colour');
    };
    const one = { field: small(), points: 9, derivatives: {}, loss: missing };
    await expect(stepOf(one, Object.assign(loss, { pointwise: missing }))).rejects.toThrow('no colour');
  });

  const cases = PARTS.flatMap(part =>
    PENALTIES.flatMap(penalty => [1, 3].map(outFeatures => ({ ...part, penalty, outFeatures }))),
  );
  it.each(cases)('is the same for %o', async ({ derivatives, errors, penalty, outFeatures }) => {
    for (const loss of [
      { errors, penalty },
      { errors, penalty, weight: 'w' },
    ])
      await expectSameStep({ field: small({ outFeatures }), points: 37, derivatives, loss });
  });

  it.each(coreActivations.map(({ kind, parameters }) => ({ kind, names: Object.keys(parameters) })))(
    'is the same with $kind, and with its parameters learned',
    async ({ kind, names }) => {
      const fixed = { kind, ...Object.fromEntries(names.map((name, i) => [name, 0.75 + i / 2])) };
      for (const activation of [fixed, { ...fixed, learnable: names }]) {
        const spec = mlp({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 19, hiddenLayers: 1, activation });
        for (const { derivatives, errors } of PARTS)
          await expectSameStep({
            field: createField(spec, { seed: 3 }),
            points: 21,
            derivatives,
            loss: { errors, penalty: { kind: 'squared' } },
          });
      }
    },
  );

  it('is the same for any shape, number of points, weight and chunk', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          inFeatures: fc.integer({ min: 1, max: 4 }),
          outFeatures: fc.integer({ min: 1, max: 5 }),
          hiddenFeatures: fc.integer({ min: 1, max: 40 }),
          hiddenLayers: fc.integer({ min: 0, max: 2 }),
        }),
        fc.record({
          points: fc.integer({ min: 1, max: 300 }),
          chunkSize: fc.integer({ min: 1, max: 300 }),
          part: fc.constantFrom(...PARTS.slice(0, 4)),
          penalty: fc.constantFrom(...PENALTIES),
          weighs: fc.constantFrom('none', 'one', 'each'),
        }),
        async (size, { points, chunkSize, part: { derivatives, errors }, penalty, weighs }) => {
          const field = createField(siren({ ...size, omega0: 3 }), { seed: 7 });
          const loss = { errors, penalty, ...(weighs !== 'none' && { weight: 'w' }) };
          const weightWidth = weighs === 'each' ? size.outFeatures : 1;
          await expectSameStep({ field, points, chunkSize, weightWidth, derivatives, loss }, 5e-5);
          field.dispose();
        },
      ),
      { numRuns: 40 },
    ));

  it.each(['an encoding', 'a learned layer'])('is the same behind %s that the kernel does not know', async what => {
    const fold: LayerDefinition = {
      kind: 'fold',
      outFeatures: (_spec, inFeatures) => inFeatures,
      parameters: (_spec, { inFeatures }) =>
        what === 'an encoding' ? [] : [{ name: 'scale', shape: [inFeatures], initialise: () => Float32Array.of(0.5, 2) }],
      jet: ({ value, first, second }, { parameters: { scale = scalar(-2) } }) => ({
        value: mul(value, scale),
        ...(first && { first: mul(first, scale) as Tensor3D }),
        ...(second && { second: mul(second, scale) as Tensor3D }),
      }),
    };
    const extensions = { layers: [fold] };
    const size = { inFeatures: 2, outFeatures: 2, hiddenFeatures: 9, hiddenLayers: 1 };
    const spec = mlp({ ...size, activation: { kind: 'sine', omega: 2 }, encoding: { kind: 'fold' }, extensions });
    for (const { derivatives, errors } of PARTS)
      await expectSameStep({
        field: createField(spec, { seed: 3, extensions }),
        points: 150,
        derivatives,
        loss: { errors, penalty: { kind: 'squared' } },
      });
  });

  it('spans several batches of the kernel', () =>
    expectSameStep({
      field: small({ hiddenFeatures: 8 }),
      points: 40_000,
      derivatives: {},
      loss: { ...value, weight: 'w' },
    }));

  it('keeps no tensors', async () => {
    const field = small();
    const before = memory().numTensors;
    await stepOf({ field, points: 9, derivatives: {}, loss: value, chunkSize: 4 }, withDescription(value));
    expect(memory().numTensors).toBe(before);
  });
});
