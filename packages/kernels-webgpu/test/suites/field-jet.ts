import {
  coreActivations,
  createField,
  createRng,
  type DerivativeRequest,
  type Field,
  type LayerDefinition,
  mlp,
  parseSpec,
  siren,
} from '@neural-fields/core';
import { expectCloseInNorm, maxAbsolute, type OracleField, PARAMETER_GRADIENT, parameterGradient } from '@neural-fields/testing';
import { engine, neg, type Tensor3D, tensor2d } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WebgpuBackendOptions } from '../../src/index.ts';
import { backend, onGpu, useBackend } from '../setup/gpu.ts';
import { type Measured, measure } from '../setup/reference.ts';

const pointsFor = (field: Field, n: number): Float32Array => {
  const rng = createRng(11);
  return Float32Array.from({ length: n * field.inFeatures }, () => 2 * rng.uniform() - 1);
};

/** Names of the kernels that a function runs. */
const kernelsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
  const { kernelNames } = await engine().profile(async () => {
    await work();
    return [];
  });
  return kernelNames;
};

/**
 * Both paths are float32 sums in different orders, so this is twice what one of them may be off by; gradients are measured against the largest of
 * all, as single ones may be small sums of large terms.
 */
const expectSame = (actual: Measured, expected: Measured, relative = 2e-5): void => {
  for (const [name, values] of Object.entries(expected.jet))
    expectCloseInNorm(actual.jet[name] as Float32Array, values, { relative, absolute: 1e-5 }, name);
  expectCloseInNorm(actual.coords, expected.coords, { relative, absolute: 1e-5 }, 'coords');
  const all = Math.max(...Object.values(expected.parameters).map(maxAbsolute));
  for (const [name, values] of Object.entries(expected.parameters))
    expectCloseInNorm(actual.parameters[name] as Float32Array, values, { absolute: relative * all + 1e-5 }, name);
};

const expectParity = async (field: Field, n: number, request: DerivativeRequest, relative?: number): Promise<void> => {
  const coords = pointsFor(field, n);
  expectSame(await measure('webgpu', field, coords, request), await measure('cpu', field, coords, request), relative);
};

/** The derivatives, by Taylor arithmetic and differences, of what {@link measure} differentiates where the gradient and the Laplacian are asked for. */
const gradientsInFloat64 = async (field: Field, points: readonly number[][]): Promise<Record<string, Float64Array>> => {
  const layers = field.spec.layers as OracleField['layers'];
  const parameters = Object.fromEntries(
    await Promise.all(Object.entries(field.parameters).map(async ([name, variable]) => [name, await variable.data()])),
  );
  const weighted = (numbers: readonly number[]): number =>
    numbers.reduce((total, number, i) => total + number * Math.fround(Math.sin(1 + 1.7 * i)), 0);
  return parameterGradient({ inFeatures: field.inFeatures, layers }, parameters, points, jets => {
    const value = jets.flatMap(jet => [...jet.value]);
    const gradient = jets.flatMap(jet => jet.gradient.flat());
    const laplacian = jets.flatMap(({ value, hessian }) =>
      value.map((_, o) => hessian.reduce((sum, row, k) => sum + (row[k]?.[o] as number), 0)),
    );
    return weighted(value) + weighted(gradient) + weighted(laplacian);
  });
};

const REQUESTS: readonly DerivativeRequest[] = [{}, { gradient: true }, { laplacian: true }, { gradient: true, hessian: true }];

/** That a few networks go through the kernels rightly; quick enough for shaders that take long to compile. */
export const smallFieldJetSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);

  // Wider than a tile, so that there are several of them; the first layer and the last are narrow.
  it.each([{}, { laplacian: true }])('agrees with the composed one for %o', async request => {
    const size = { inFeatures: 2, outFeatures: 3, hiddenFeatures: 70, hiddenLayers: 1, omegaHidden: 5 };
    await expectParity(createField(siren({ ...size, omega0: 5 }), { seed: 4 }), 140, request);
  });

  it('adds up what the workgroups have of a learned parameter', async () => {
    const activation = { kind: 'finer', omega: 1.5, learnable: ['omega'] };
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 20, hiddenLayers: 0 };
    await expectParity(createField(mlp({ ...size, activation }), { seed: 4 }), 300, { gradient: true }, 5e-5);
  });
};

/** Everything that the fused field jet must do. */
export const fieldJetSuite = (options: WebgpuBackendOptions = {}): void => {
  onGpu(options);

  it('is what runs', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
    const names = await kernelsOf(() => measure('webgpu', field, pointsFor(field, 5), { laplacian: true }));
    expect(names).toContain('NeuralFieldsFieldJet');
    expect(names).toContain('NeuralFieldsFieldJetReverse');
    expect(names).not.toContain('BatchMatMul');
  });

  const activations = coreActivations.map(({ kind, parameters }) => ({
    kind,
    ...Object.fromEntries(Object.keys(parameters).map((name, i) => [name, 0.75 + i / 2])),
  }));

  // The highest order has all of an activation's code; three layers have the one in the middle twice.
  it.each(activations)('agrees with the composed one with %o', async activation => {
    const size = { inFeatures: 2, outFeatures: 3, hiddenFeatures: 9, hiddenLayers: 1 };
    const field = createField(mlp({ ...size, activation, finalActivation: activation }), { seed: 4 });
    await expectParity(field, 37, { gradient: true, laplacian: true });
  });

  it.each(REQUESTS)('agrees with the composed one for %o', async request => {
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 19, hiddenLayers: 1 };
    await expectParity(createField(mlp({ ...size, activation: { kind: 'tanh' } }), { seed: 4 }), 37, request);
  });

  const learnable = coreActivations.flatMap(({ kind, parameters, parameterDerivatives }) =>
    parameterDerivatives ? [{ kind, ...parameters, learnable: Object.keys(parameters) }] : [],
  );

  it.each(learnable)('agrees with the composed one with learned parameters of $kind', async activation => {
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 9, hiddenLayers: 0 };
    const field = createField(mlp({ ...size, activation, finalActivation: activation }), { seed: 4 });
    // A learned parameter sums over features as well.
    for (const request of ['sine', 'prelu', 'finer'].includes(activation.kind) ? REQUESTS.slice(0, 3) : [{ laplacian: true }])
      await expectParity(field, 37, request, 5e-5);
  });

  it('takes what is learned of every activation', async () => {
    for (const { kind, learnable: names, ...values } of learnable) {
      const activation = { kind, ...values, learnable: names };
      const spec = mlp({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0, activation });
      const field = createField(spec, { seed: 1 });
      expect(await kernelsOf(async () => field.evaluate(tensor2d([[0.1, 0.2]])).dispose())).toContain('NeuralFieldsFieldJet');
    }
  });

  it.each(learnable)('has the derivatives of float64 arithmetic with learned parameters of $kind', async activation => {
    const values = Object.fromEntries(activation.learnable.map((name, i) => [name, 0.75 + i / 2]));
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 0 };
    const field = createField(mlp({ ...size, activation: { ...activation, ...values } }), { seed: 9 });
    const coords = pointsFor(field, 6);
    const points = Array.from({ length: 6 }, (_, i) => [...coords.slice(2 * i, 2 * i + 2)]);
    const { parameters } = await measure('webgpu', field, coords, { gradient: true, laplacian: true });
    const exact = await gradientsInFloat64(field, points);
    const all = Math.max(...Object.values(exact).map(maxAbsolute));
    for (const name of activation.learnable.map(name => `layers.0.activation.${name}`))
      expectCloseInNorm(
        parameters[name] as Float32Array,
        exact[name] as Float64Array,
        { absolute: (PARAMETER_GRADIENT.relative as number) * all },
        name,
      );
  });

  it('agrees with the composed one for any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          inFeatures: fc.integer({ min: 1, max: 10 }),
          widths: fc.array(fc.integer({ min: 1, max: 75 }), { minLength: 1, maxLength: 3 }),
          n: fc.integer({ min: 1, max: 150 }),
          bias: fc.boolean(),
          request: fc.constantFrom<DerivativeRequest>({}, { gradient: true }, { laplacian: true }),
          seed: fc.nat(1000),
        }),
        async ({ inFeatures, widths, n, bias, request, seed }) => {
          const layers = widths.map((outFeatures, index, all) => ({
            kind: 'dense',
            outFeatures,
            activation: index === all.length - 1 ? { kind: 'identity' } : { kind: 'sine', omega: 2 },
            weightInitialiser: { kind: 'xavier-normal' },
            biasInitialiser: bias ? { kind: 'pytorch-linear' } : null,
          }));
          await expectParity(createField(parseSpec({ inFeatures, layers }), { seed }), n, request);
        },
      ),
      { numRuns: 6, seed: 20261121 },
    ));

  it('takes forms with mixed derivatives, and several at once', async () => {
    const size = { inFeatures: 3, outFeatures: 2, hiddenFeatures: 12, hiddenLayers: 1, omega0: 3, omegaHidden: 2 };
    const mixed = [
      [0, 0.5, 0],
      [0.5, 0, 2],
      [0, 2, -1],
    ];
    await expectParity(createField(siren(size), { seed: 2 }), 21, { second: [[1, -0.25, 0], mixed] });
  });

  it('takes more points than a batch', async () => {
    const gpu = await useBackend({ ...options, batchBytes: 2 ** 17 });
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0, omega0: 5 }), {
      seed: 2,
    });
    const before = gpu.counters.dispatches;
    await expectParity(field, 601, { gradient: true });
    // 3 batches, each evaluated twice, 4 dispatches, and then in reverse, which works out the 3 of the forward pass anew.
    expect(gpu.counters.dispatches - before).toBe(3 * (4 + 4 + 3 + 7));
    field.dispose();
    await useBackend(options);
  });

  it('reuses the activations of the forward pass', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
    await measure('webgpu', field, pointsFor(field, 9), {});
    const before = backend().counters.dispatches;
    await measure('webgpu', field, pointsFor(field, 9), {});
    // Evaluated alone and within the gradient, 5 dispatches each: pack, 3 layers, unpack. In reverse: start, twice 3 products, unpack, sum.
    expect(backend().counters.dispatches - before).toBe(5 + 5 + 9);
  });

  it('is not misled by the activations of another evaluation', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
    const other = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 2 });
    const coords = pointsFor(field, 9);
    const first = await measure('webgpu', field, coords, {});
    await measure('webgpu', other, coords, {});
    expect(await measure('webgpu', field, coords, {})).toEqual(first);
  });

  it('gives the same bits twice', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 24, hiddenLayers: 1 }), { seed: 1 });
    const coords = pointsFor(field, 700);
    const first = await measure('webgpu', field, coords, { laplacian: true });
    expect(await measure('webgpu', field, coords, { laplacian: true })).toEqual(first);
  });

  describe('behind an encoding that it does not know', () => {
    const turn = (part: Tensor3D | undefined): Tensor3D | undefined => part && neg(part);
    /** No parameters; its derivatives are the same at all points. */
    const mirror: LayerDefinition = {
      kind: 'mirror',
      outFeatures: (_spec, inFeatures) => inFeatures,
      parameters: () => [],
      jet: ({ value, first, second }) => {
        const [turnedFirst, turnedSecond] = [turn(first), turn(second)];
        return {
          value: neg(value),
          ...(turnedFirst && { first: turnedFirst }),
          ...(turnedSecond && { second: turnedSecond }),
        };
      },
    };
    const extensions = { layers: [mirror] };
    it.each(REQUESTS.slice(0, 3))('agrees with the composed one for %o', async request => {
      const size = { inFeatures: 3, outFeatures: 2, hiddenFeatures: 11, hiddenLayers: 0 };
      const spec = mlp({ ...size, activation: { kind: 'tanh' }, encoding: { kind: 'mirror' }, extensions });
      const field = createField(spec, { seed: 1, extensions });
      await expectParity(field, 45, request);
      expect(await kernelsOf(() => measure('webgpu', field, pointsFor(field, 45), request))).toContain('NeuralFieldsFieldJet');
    });
  });

  it('keeps neither tensors nor memory over 50 steps', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
    const coords = pointsFor(field, 30);
    await measure('webgpu', field, coords, { laplacian: true });
    await measure('webgpu', field, coords, { laplacian: true });
    const used = (): unknown[] => [engine().memory().numTensors, engine().memory().numBytes, backend().scratchBytes];
    const before = used();
    for (let step = 0; step < 50; step++) await measure('webgpu', field, coords, { laplacian: true });
    expect(used()).toEqual(before);
  });
};
