/**
 * @file The contract for fused losses on any backend: they agree with the same loss in tfjs ops between the forward and
 *   the backward pass of the jet.
 */
import {
  type ActivationSpec,
  createField,
  createRng,
  type DerivativeRequest,
  type Field,
  fit,
  mlp,
  type Optimizer,
  type PointLoss,
  type PointSource,
  type PointwiseError,
  type PointwiseLoss,
  pointwiseLoss,
  siren,
  term,
} from '@neural-fields/core';
import { absolute, charbonnierPenalty, huberPenalty, type Penalty, squared } from '@neural-fields/core/elementwise';
import { PROGRAM_KERNELS } from '@neural-fields/core/kernels';
import {
  constantArray,
  coreActivations,
  custom,
  type LayerDefinition,
  type LayerJet,
} from '@neural-fields/core/layers';
import { expectCloseInNorm, maxAbsolute } from '@neural-fields/testing';
import { clone, keep, memory, mul, setBackend, type Tensor, type Tensor1D, type Tensor3D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { userPenalty } from './formulas.ts';
import { kernelsOf } from './measure.ts';

/** Options of the contract. */
export interface FieldLossContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /**
   * False where networks are slow to compile: then each piece of code is run once, instead of in all combinations.
   */
  readonly exhaustive: boolean;
  /**
   * More points than a batch of the kernel, at 8 features; if absent, the backend's own tests must cover batches.
   */
  readonly manyPoints?: number;
}

/** One step of a fit with a pointwise loss. */
export interface LossCase {
  /** Creates the field, once on each backend. */
  readonly field: () => Field;
  readonly points: number;
  readonly derivatives: DerivativeRequest;
  readonly loss: PointwiseLoss;
  readonly chunkSize?: number;
  /** Width of the target `w`; 1 if absent. */
  readonly weightWidth?: number;
  /** Whether the loss must be computed inside the kernel; true if absent. */
  readonly fused?: boolean;
}

/** Fixed points with every target that a loss may use. */
const pointsFor = ({ inFeatures: d, outFeatures: o }: Field, n: number, weightWidth = 1): PointSource => {
  const rng = createRng(5);
  const uniform = (width: number): Float32Array =>
    Float32Array.from({ length: n * width }, () => 2 * rng.uniform() - 1);
  const all = {
    coords: uniform(d),
    value: uniform(o),
    gradient: uniform(d * o),
    laplacian: uniform(o),
    w: uniform(weightWidth),
  };
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

/** The loss of one step and its gradient, as computed by `fit`. */
const stepOf = async (
  one: LossCase,
  loss: PointLoss<DerivativeRequest>,
): Promise<{ readonly loss: number; readonly gradient: Float32Array }> => {
  const kept: Tensor1D[] = [];
  const probe: Optimizer = {
    kind: 'probe',
    learningRate: 1,
    settings: {},
    stateSize: 0,
    update: input => {
      // The fit disposes of everything else that is created in an update.
      kept.push(keep(clone(input.gradient)));
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

/** The loss as a plain function, without its description. */
const functionOf = (loss: PointwiseLoss): PointLoss<DerivativeRequest> => {
  const whole: PointLoss<DerivativeRequest> = pointwiseLoss(loss);
  return (jet, batch) => whole(jet, batch);
};

/**
 * Compares the loss inside a backend's kernel, and its gradient, with the composed loss on the backend `cpu`. Both are
 * float32 sums in different orders; the tolerance is relative to the largest gradient, as small ones may be sums of
 * large terms.
 */
export const expectLossParity = async (backend: string, one: LossCase, relative = 2e-5): Promise<void> => {
  await setBackend(backend);
  let step: { readonly loss: number; readonly gradient: Float32Array } | undefined;
  const kernels = await kernelsOf(async () => {
    step = await stepOf(one, pointwiseLoss(one.loss));
  });
  expect([PROGRAM_KERNELS.loss, PROGRAM_KERNELS.forward].map(name => kernels.includes(name))).toEqual(
    one.fused === false ? [false, true] : [true, false],
  );
  const fused = step as NonNullable<typeof step>;
  await setBackend('cpu');
  const composed = await stepOf(one, functionOf(one.loss));
  await setBackend(backend);
  expect(Math.abs(fused.loss - composed.loss)).toBeLessThanOrEqual(relative * (Math.abs(composed.loss) + 1));
  const absolute = relative * maxAbsolute(composed.gradient) + 1e-6;
  expectCloseInNorm(fused.gradient, composed.gradient, { absolute }, 'gradient');
};

/** The kernels that a step with the loss runs on a backend. */
export const lossKernels = async (backend: string, one: LossCase): Promise<string[]> => {
  await setBackend(backend);
  return kernelsOf(() => stepOf(one, pointwiseLoss(one.loss)));
};

const PENALTIES: readonly Penalty[] = [squared, absolute, huberPenalty(0.3), charbonnierPenalty(0.01), userPenalty];

interface Part {
  readonly derivatives: DerivativeRequest;
  readonly errors: readonly PointwiseError[];
}

/** Losses on single parts of the jet. */
const SINGLE: readonly Part[] = [
  { derivatives: {}, errors: [{ of: 'value', target: 'value' }] },
  { derivatives: { gradient: true }, errors: [{ of: 'gradient', target: 'gradient' }] },
  { derivatives: { gradient: true }, errors: [{ of: 'gradient', factor: d => 1 / d }] },
  { derivatives: { laplacian: true }, errors: [{ of: 'laplacian', target: 'laplacian', factor: 0.01 }] },
];
const TOGETHER: Part = {
  derivatives: { laplacian: true, gradient: true, second: [[1, 0]] },
  errors: [{ of: 'value' }, { of: 'gradient', target: 'gradient', factor: 0.1 }, { of: 'laplacian', factor: 1e-3 }],
};
const PARTS: readonly Part[] = [...SINGLE, TOGETHER];

const ofValue: PointwiseLoss = { errors: [{ of: 'value', target: 'value' }], penalty: squared };

/** The activations with fixed parameters, and with learned ones; only the latter unless `exhaustive`. */
const activationsOf = (exhaustive: boolean): readonly ActivationSpec[] =>
  coreActivations.flatMap(({ kind, parameters, parameterDerivatives }) => {
    const names = Object.keys(parameters);
    const fixed = { kind, ...Object.fromEntries(names.map((name, i) => [name, 0.75 + i / 2])) };
    const learned = parameterDerivatives ? [{ ...fixed, learnable: names }] : [];
    return exhaustive ? [fixed, ...learned] : learned;
  });

const scaledBy = (learned: boolean): LayerDefinition => ({
  kind: 'fold',
  apply(input, { parameter }) {
    const shape = [input.features];
    const scales = learned
      ? parameter('scale', { shape, initialise: () => Float32Array.of(0.5, 2) })
      : constantArray(shape, () => Float32Array.of(-2, -2));
    return custom([input], {
      outFeatures: input.features,
      arrays: [scales],
      rule({ inputs, arrays }) {
        const [{ value, first, second }, scale] = [inputs[0] as LayerJet, arrays[0] as Tensor];
        return {
          value: mul(value, scale),
          ...(first && { first: mul(first, scale) as Tensor3D }),
          ...(second && { second: mul(second, scale) as Tensor3D }),
        };
      },
    });
  },
});

/** Declares the tests in the caller's `describe`. */
export const fieldLossContract = ({ backend, exhaustive, manyPoints }: FieldLossContractOptions): void => {
  const hiddenLayers = exhaustive ? 1 : 0;
  const small = (options: Partial<Parameters<typeof siren>[0]> = {}): Field =>
    createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 19, hiddenLayers, omega0: 5, ...options }), {
      seed: 2,
    });
  const one: LossCase = { field: small, points: 9, derivatives: {}, loss: ofValue };

  it('runs as one kernel', async () => {
    await setBackend(backend);
    const names = await kernelsOf(() => stepOf(one, pointwiseLoss(ofValue)));
    expect(names).toContain(PROGRAM_KERNELS.loss);
    expect(names).not.toContain(PROGRAM_KERNELS.forward);
  });

  it('is left to tfjs ops where the loss is a function only', async () => {
    await setBackend(backend);
    const names = await kernelsOf(() => stepOf(one, functionOf(ofValue)));
    expect(names).toContain(PROGRAM_KERNELS.backward);
    expect(names).not.toContain(PROGRAM_KERNELS.loss);
  });

  it('leaves errors about missing targets to the loss', async () => {
    await setBackend(backend);
    const missing: PointwiseLoss = { ...ofValue, errors: [{ of: 'value', target: 'colour' }] };
    const loss: PointLoss<DerivativeRequest> = () => {
      throw new RangeError('no colour');
    };
    await expect(stepOf({ ...one, loss: missing }, Object.assign(loss, { pointwise: missing }))).rejects.toThrow(
      'no colour',
    );
  });

  const everything = PARTS.flatMap(part =>
    PENALTIES.flatMap(penalty =>
      [1, 3].flatMap(outFeatures => [false, true].map(weighted => ({ ...part, penalty, outFeatures, weighted }))),
    ),
  );
  // All with the same network, so that its other shaders are compiled only once.
  const alternating = PARTS.flatMap((part, index) =>
    PENALTIES.map((penalty, k) => ({
      ...part,
      penalty,
      outFeatures: (index + k) % 2 === 0 ? 1 : 3,
      weighted: k % 2 === 1,
    })),
  );
  it.each(exhaustive ? everything : alternating)(
    'agrees for $errors, $penalty.kind, $outFeatures outputs, weighted: $weighted',
    async ({ derivatives, errors, penalty, outFeatures, weighted }) => {
      const loss = { errors, penalty, ...(weighted && { weight: 'w' }) };
      await expectLossParity(backend, { field: () => small({ outFeatures }), points: 37, derivatives, loss });
    },
  );

  it.each(activationsOf(exhaustive))('agrees for %o', async activation => {
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: exhaustive ? 19 : 9, hiddenLayers };
    const spec = mlp({ ...size, activation, ...(!exhaustive && { finalActivation: activation }) });
    for (const { derivatives, errors } of exhaustive ? PARTS : [TOGETHER]) {
      const loss = { errors, penalty: squared };
      await expectLossParity(backend, { field: () => createField(spec, { seed: 3 }), points: 21, derivatives, loss });
    }
  });

  it('agrees for any shape, number of points, weight and chunk size', () =>
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
          chunkSize: fc.integer({ min: exhaustive ? 1 : 30, max: 300 }),
          part: fc.constantFrom(...SINGLE),
          penalty: fc.constantFrom(...PENALTIES),
          weighted: fc.constantFrom('none', 'one', 'each'),
        }),
        async (size, { points, chunkSize, part: { derivatives, errors }, penalty, weighted }) => {
          const loss = { errors, penalty, ...(weighted !== 'none' && { weight: 'w' }) };
          const weightWidth = weighted === 'each' ? size.outFeatures : 1;
          const field = (): Field => createField(siren({ ...size, omega0: 3 }), { seed: 7 });
          await expectLossParity(backend, { field, points, chunkSize, weightWidth, derivatives, loss }, 5e-5);
        },
      ),
      { numRuns: exhaustive ? 40 : 6, seed: 20261121 },
    ));

  it.each([
    { what: 'an encoding', learned: false },
    { what: 'a learned layer', learned: true },
  ])('agrees after $what without a kernel', async ({ learned }) => {
    const extensions = { layers: [scaledBy(learned)] };
    const size = { inFeatures: 2, outFeatures: 2, hiddenFeatures: 9, hiddenLayers };
    const spec = mlp({ ...size, activation: { kind: 'sine', omega: 2 }, encoding: { kind: 'fold' }, extensions });
    for (const { derivatives, errors } of exhaustive ? PARTS : [TOGETHER]) {
      const loss = { errors, penalty: squared };
      await expectLossParity(backend, {
        field: () => createField(spec, { seed: 3, extensions }),
        points: 150,
        derivatives,
        loss,
        // A learned layer before the fused part needs the gradient of its output, which the fused loss does not return.
        fused: !learned,
      });
    }
  });

  if (manyPoints !== undefined)
    it('takes more points than a batch', () =>
      expectLossParity(backend, {
        field: () => small({ hiddenFeatures: 8 }),
        points: manyPoints,
        derivatives: {},
        loss: { ...ofValue, weight: 'w' },
      }));

  it('leaks no tensors', async () => {
    await setBackend(backend);
    const before = memory().numTensors;
    await stepOf({ ...one, chunkSize: 4 }, pointwiseLoss(ofValue));
    expect(memory().numTensors).toBe(before);
  });
};
