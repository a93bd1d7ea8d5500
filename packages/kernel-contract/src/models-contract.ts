/**
 * @file The contract for models other than a single field, trained by `fit` and resumed from every checkpoint: on a
 *   backend, they end bitwise the same as without interruption, and agree with the cpu backend.
 */
import {
  adam,
  createField,
  createFieldBatch,
  createModel,
  createParameters,
  createRng,
  type FieldSpec,
  type FitOptions,
  fit,
  type LayerSpec,
  mlp,
  type PointSource,
  parameterLayout,
  parameterTerm,
  pointwiseLoss,
  sine,
  siren,
  stackFields,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { setBackend, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectResumable, type TrainingCase } from './resumption.ts';

/** Options of the contract. */
export interface ModelsContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /** Fields of the largest batch; 64 if absent. */
  readonly manyFields?: number;
}

const mse = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const gradientLoss = pointwiseLoss({ errors: [{ of: 'gradient', target: 'gradient' }], penalty: squared });
const small = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 5, omegaHidden: 5 });

/** A different wave for each field, at random points. */
const waves = (fields: number | undefined, { isFixed = false, pointsPerStep = 24 } = {}): PointSource => ({
  inFeatures: 2,
  pointsPerStep,
  fixed: isFixed,
  ...(fields !== undefined && { fields }),
  draw: (start, count, rng) => {
    const all = fields ?? 1;
    const coords = Float32Array.from({ length: all * count * 2 }, (_, i) => {
      const [field, point, axis] = [Math.floor(i / (2 * count)), start + (Math.floor(i / 2) % count), i % 2];
      return 2 * rng.fork(field, point, axis).uniform() - 1;
    });
    const at = (i: number): readonly [number, number, number] => [
      1 + (Math.floor(i / count) % 5),
      coords[2 * i] as number,
      coords[2 * i + 1] as number,
    ];
    const value = Float32Array.from({ length: all * count }, (_, i) => {
      const [k, x, y] = at(i);
      return Math.sin(k * x) * y;
    });
    const gradient = Float32Array.from({ length: all * count * 2 }, (_, i) => {
      const [k, x, y] = at(Math.floor(i / 2));
      return i % 2 === 0 ? k * Math.cos(k * x) * y : Math.sin(k * x);
    });
    return { coords, targets: { value, gradient } };
  },
});

const field = (spec: FieldSpec, seed: number): ReturnType<typeof createField> => createField(spec, { seed });

/** The cases by name. */
const cases = (many: number): Readonly<Record<string, () => TrainingCase>> => ({
  'a field whose first layer is frozen': () => {
    const model = field(small, 1);
    return {
      model,
      terms: [term({ points: waves(undefined), loss: mse })],
      options: { groups: [{ parameters: { layer: 'layers.0' }, frozen: true }] },
      dispose: () => model.dispose(),
    };
  },

  'a field with groups': () => {
    const model = field(small, 2);
    const groups: FitOptions['groups'] = [
      { parameters: { layer: 'layers.0' }, optimizer: adam({ learningRate: 1e-2, epsilon: 1e-15 }) },
      { parameters: { role: 'bias' }, optimizer: adam({ learningRate: 1e-3, beta1: 0.8, weightDecay: 1e-3 }) },
    ];
    return {
      model,
      terms: [term({ points: waves(undefined), loss: gradientLoss })],
      options: { groups, averageDecay: 0.9 },
      dispose: () => model.dispose(),
    };
  },

  'a field with batch normalisation': () => {
    const [first, ...others] = siren({
      inFeatures: 2,
      outFeatures: 1,
      hiddenFeatures: 8,
      hiddenLayers: 0,
      omega0: 5,
    }).layers;
    const model = field({ inFeatures: 2, layers: [first as LayerSpec, { kind: 'batch-norm' }, ...others] }, 7);
    return { model, terms: [term({ points: waves(undefined), loss: mse })], dispose: () => model.dispose() };
  },

  'many small fields': () => {
    const model = createFieldBatch(small, { count: many, seed: 3 });
    return { model, terms: [term({ points: waves(many), loss: mse })], dispose: () => model.dispose() };
  },

  'a shared trunk with latents': () => {
    const after = mlp({
      inFeatures: 5,
      outFeatures: 1,
      hiddenFeatures: 8,
      hiddenLayers: 1,
      activation: sine({ omega: 3 }),
    });
    const latent = { kind: 'constant', values: [0.1, 0, -0.1], learned: true };
    const trunk: FieldSpec = {
      inFeatures: 2,
      layers: [{ kind: 'concat', branches: [{ kind: 'identity' }, latent] } as LayerSpec, ...after.layers],
    };
    const codes = { layer: 'layers.0.branches.1' };
    const model = createFieldBatch(trunk, { count: 5, own: [codes], seed: 4 });
    const chosen = 3;
    const points = waves(chosen);
    return {
      model,
      terms: [
        term({
          points: {
            ...points,
            draw: (start, count, rng, at) => ({
              ...points.draw(start, count, rng, at),
              fields: Array.from({ length: chosen }, (_, i) => rng.fork('fields', i).integer(5)),
            }),
          },
          loss: mse,
        }),
        parameterTerm({ parameters: codes, penalty: squared, weight: 1e-2 }),
      ],
      dispose: () => model.dispose(),
    };
  },

  'a hypernetwork': () => {
    const count = 4;
    const hyper = createField(
      mlp({
        inFeatures: 3,
        outFeatures: parameterLayout(small).size,
        hiddenFeatures: 6,
        hiddenLayers: 1,
        activation: sine({ omega: 1 }),
      }),
      { seed: 5 },
    );
    const codes = createParameters(
      { code: { shape: [count, 3], initialise: rng => Float32Array.from({ length: 3 * count }, () => rng.normal()) } },
      { seed: 6 },
    );
    const model = createModel({
      kind: 'hypernetwork',
      parts: { hyper, codes },
      fields: {
        waves: {
          spec: small,
          count,
          parameters: parts => stackFields(small, parts.hyper.evaluate(parts.codes.tensor('code') as Tensor2D)),
        },
      },
    });
    return {
      model,
      terms: [
        term({ points: waves(count), loss: mse }),
        parameterTerm({ name: 'codes', parameters: { layer: 'codes' }, penalty: squared, weight: 1e-2 }),
        parameterTerm({ name: 'weights', field: 'waves', penalty: squared, weight: 1e-2 }),
      ],
      dispose: () => {
        hyper.dispose();
        codes.dispose();
      },
    };
  },
});

/** Declares the tests in the caller's `describe`. */
export const modelsContract = ({ backend, manyFields = 64 }: ModelsContractOptions): void => {
  const all = cases(manyFields);

  it.each(Object.keys(all))('is bitwise the same when interrupted and resumed: %s', async name => {
    await expectResumable(all[name] as () => TrainingCase, backend);
  });

  it('trains each field of a batch as if it were alone', async () => {
    await setBackend(backend);
    const count = 3;
    const draw = waves(count, { isFixed: true }).draw(0, 24, createRng(9), { step: 1, steps: 1 });
    const options: FitOptions = { steps: 5, optimizer: adam({ learningRate: 3e-3 }) };
    const batch = createFieldBatch(small, { count, seed: 8 });
    const alone = Array.from({ length: count }, (_, index) => batch.field(index));
    const points = { inFeatures: 2, pointsPerStep: 24, fixed: true };
    const together: number[][] = [];
    for await (const { fieldLosses } of fit(
      batch,
      [term({ points: { ...points, fields: count, draw: () => draw }, loss: mse })],
      options,
    ))
      together.push([...(fieldLosses?.['loss'] ?? [])]);
    for (const [index, one] of alone.entries()) {
      const part = (values: Float32Array): Float32Array =>
        values.slice((index * values.length) / count, ((index + 1) * values.length) / count);
      const targets = Object.fromEntries(
        Object.entries(draw.targets ?? {}).map(([key, values]) => [key, part(values)]),
      );
      const coords = part(draw.coords);
      let step = 0;
      for await (const { loss } of fit(
        one,
        [term({ points: { ...points, draw: () => ({ coords, targets }) }, loss: mse })],
        options,
      )) {
        const got = together[step]?.[index] as number;
        expect(Math.abs(got - loss)).toBeLessThan(1e-4 * loss + 1e-7);
        step += 1;
      }
      const trained = batch.field(index);
      for (const [key, parameter] of Object.entries(trained.parameters)) {
        const wanted = await (one.parameters[key] as typeof parameter).data();
        for (const [i, value] of (await parameter.data()).entries())
          expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(5e-5);
      }
      trained.dispose();
      one.dispose();
    }
    batch.dispose();
  });
};
