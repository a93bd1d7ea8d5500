import {
  type ActivationDefinition,
  coreActivations,
  createField,
  createRng,
  type DerivativeRequest,
  type Field,
  type FieldSpec,
  type LayerDefinition,
  mlp,
  parseSpec,
  siren,
} from '@neural-fields/core';
import { expectCloseInNorm, fieldJet, maxAbsolute, type OracleField } from '@neural-fields/testing';
import { engine, exp, neg, ready, setBackend, type Tensor3D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SimdBackend } from '../../src/index.ts';
import '../../src/index.ts';
import { type Measured, measure } from './reference.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

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

const REQUESTS: readonly DerivativeRequest[] = [{}, { gradient: true }, { laplacian: true }, { gradient: true, hessian: true }];

describe('the fused field jet', () => {
  it('is what runs', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
    const names = await kernelsOf(() => measure('simd', field, pointsFor(field, 5), { laplacian: true }));
    expect(names).toContain('NeuralFieldsFieldJet');
    expect(names).toContain('NeuralFieldsFieldJetReverse');
    expect(names).not.toContain('BatchMatMul');
  });

  const activations = coreActivations.map(({ kind, parameters }) => ({
    kind,
    ...Object.fromEntries(Object.keys(parameters).map((name, i) => [name, 0.75 + i / 2])),
  }));

  describe.each(activations)('with %o', activation => {
    // With one output the gradient is worked out by adjoints.
    const cases = [3, 1].flatMap(outFeatures => REQUESTS.map(request => ({ outFeatures, request })));
    it.each(cases)('agrees with the composed one for %o', async ({ outFeatures, request }) => {
      const size = { inFeatures: 2, outFeatures, hiddenFeatures: 19, hiddenLayers: 1 };
      const field = createField(mlp({ ...size, activation, finalActivation: activation }), { seed: 4 });
      const coords = pointsFor(field, 37);
      expectSame(await measure('simd', field, coords, request), await measure('cpu', field, coords, request));
    });
  });

  it('agrees with the composed one for any shape', () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          inFeatures: fc.integer({ min: 1, max: 10 }),
          widths: fc.array(fc.integer({ min: 1, max: 45 }), { minLength: 1, maxLength: 4 }),
          n: fc.integer({ min: 1, max: 300 }),
          bias: fc.boolean(),
          scalar: fc.boolean(),
          request: fc.constantFrom<DerivativeRequest>({}, { gradient: true }, { laplacian: true }),
          seed: fc.nat(1000),
        }),
        async ({ inFeatures, widths, n, bias, scalar, request, seed }) => {
          const layers = [...widths, ...(scalar ? [1] : [])].map((outFeatures, index, all) => ({
            kind: 'dense',
            outFeatures,
            activation: index === all.length - 1 ? { kind: 'identity' } : { kind: 'sine', omega: 2 },
            weightInitialiser: { kind: 'xavier-normal' },
            biasInitialiser: bias ? { kind: 'pytorch-linear' } : null,
          }));
          const field = createField(parseSpec({ inFeatures, layers }), { seed });
          const coords = pointsFor(field, n);
          expectSame(await measure('simd', field, coords, request), await measure('cpu', field, coords, request));
        },
      ),
      { numRuns: 15, seed: 20261121 },
    ));

  it('takes forms with mixed derivatives, and several at once', async () => {
    const field = createField(
      siren({ inFeatures: 3, outFeatures: 2, hiddenFeatures: 12, hiddenLayers: 1, omega0: 3, omegaHidden: 2 }),
      {
        seed: 2,
      },
    );
    const request: DerivativeRequest = {
      second: [
        [1, -0.25, 0],
        [
          [0, 0.5, 0],
          [0.5, 0, 2],
          [0, 2, -1],
        ],
      ],
    };
    const coords = pointsFor(field, 21);
    expectSame(await measure('simd', field, coords, request), await measure('cpu', field, coords, request));
  });

  it('takes more points than a batch', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0, omega0: 5 }), {
      seed: 2,
    });
    const coords = pointsFor(field, 20_001);
    const [simd, cpu] = [
      await measure('simd', field, coords, { gradient: true }),
      await measure('cpu', field, coords, { gradient: true }),
    ];
    // The reference adds 20,001 terms one by one.
    expectSame(simd, cpu, 2e-4);
  });

  it('is as wide as one likes', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 1030, hiddenLayers: 1, omega0: 5 }), {
      seed: 2,
    });
    const coords = pointsFor(field, 3);
    expectSame(
      await measure('simd', field, coords, { laplacian: true }),
      await measure('cpu', field, coords, { laplacian: true }),
      1e-4,
    );
  });

  const oracleOf = (spec: FieldSpec): OracleField => ({
    inFeatures: spec.inFeatures,
    layers: spec.layers.map(layer => ({ ...(layer as OracleField['layers'][number]), bias: true })),
  });

  it.each([
    { omega: 5, request: {} },
    { omega: 5, request: { gradient: true } },
    { omega: 5, request: { laplacian: true } },
    { omega: 30, request: {} },
  ] as const)('has parameter gradients within 5e-6 of float64 at width 32: $omega, $request', async ({ omega, request }) => {
    const spec = siren({
      inFeatures: 2,
      outFeatures: 1,
      hiddenFeatures: 32,
      hiddenLayers: 2,
      omega0: omega,
      omegaHidden: omega,
    });
    const field = createField(spec, { seed: 7 });
    const n = 3;
    const coords = pointsFor(field, n);
    const measured = await measure('simd', field, coords, request);
    const parameters = Object.fromEntries(
      await Promise.all(
        Object.entries(field.parameters).map(
          async ([name, variable]) => [name, Float64Array.from(await variable.data())] as const,
        ),
      ),
    );
    const points = Array.from({ length: n }, (_, i) => coords.subarray(2 * i, 2 * i + 2));
    // The loss of `measure`, from float64 jets.
    const lossNow = (): number => {
      const jets = points.map(point => fieldJet(oracleOf(spec), parameters, point));
      const parts = [
        jets.map(({ value }) => value[0] as number),
        ...('gradient' in request ? [jets.flatMap(({ gradient }) => gradient.map(row => row[0] as number))] : []),
        ...('laplacian' in request
          ? [jets.map(({ hessian }) => (hessian[0]?.[0]?.[0] as number) + (hessian[1]?.[1]?.[0] as number))]
          : []),
      ];
      return parts.reduce((total, part) => total + part.reduce((s, x, i) => s + Math.fround(Math.sin(1 + 1.7 * i)) * x, 0), 0);
    };
    const central = [4 / 5, -1 / 5, 4 / 105, -1 / 280];
    const step = 1e-3 / omega;
    const rng = createRng(5);
    const actual: number[] = [];
    const expected: number[] = [];
    for (const [name, values] of Object.entries(parameters))
      for (let pick = 0; pick < 4; pick++) {
        const i = Math.floor(rng.uniform() * values.length);
        const center = values[i] as number;
        const slope = central.reduce((sum, weight, k) => {
          values[i] = center + (k + 1) * step;
          const above = lossNow();
          values[i] = center - (k + 1) * step;
          return sum + (weight * (above - lossNow())) / step;
        }, 0);
        values[i] = center;
        expected.push(slope);
        actual.push(measured.parameters[name]?.[i] as number);
      }
    const norm = (numbers: readonly number[]): number => Math.hypot(...numbers);
    expect(norm(actual.map((a, i) => a - (expected[i] as number))) / norm(expected)).toBeLessThan(5e-6);
  });

  it('gives the same bits twice', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 64, hiddenLayers: 2 }), { seed: 1 });
    const coords = pointsFor(field, 3000);
    const first = await measure('simd', field, coords, { laplacian: true });
    expect(await measure('simd', field, coords, { laplacian: true })).toEqual(first);
  });

  const learnable = coreActivations.flatMap(({ kind, parameters, parameterDerivatives }) =>
    parameterDerivatives ? [{ kind, ...parameters, learnable: Object.keys(parameters) }] : [],
  );

  describe.each(learnable)('with learned parameters of $kind', activation => {
    it.each(REQUESTS.map(request => ({ request })))('agrees with the composed one for %o', async ({ request }) => {
      const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 19, hiddenLayers: 1 };
      const field = createField(mlp({ ...size, activation }), { seed: 4 });
      const coords = pointsFor(field, 37);
      const [simd, cpu] = [await measure('simd', field, coords, request), await measure('cpu', field, coords, request)];
      expect(Object.keys(cpu.parameters)).toContain(`layers.0.activation.${activation.learnable[0]}`);
      // A learned parameter sums over features as well.
      expectSame(simd, cpu, 5e-5);
    });
  });

  describe('behind layers that it does not know', () => {
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
    /** exp: as an activation it comes with learned weights and second derivatives. */
    const growth: ActivationDefinition = {
      kind: 'growth',
      parameters: {},
      derivatives: (x, _parameters, order) => Array.from({ length: order + 1 }, () => exp(x)),
    };
    const extensions = { layers: [mirror], activations: [growth] };
    const size = { inFeatures: 3, outFeatures: 2, hiddenFeatures: 11, hiddenLayers: 2 };
    const plain = mlp({ ...size, activation: { kind: 'tanh' } });
    const specs = {
      'an encoding': mlp({ ...size, activation: { kind: 'tanh' }, encoding: { kind: 'mirror' }, extensions }),
      'an activation of the user': parseSpec(
        {
          ...plain,
          layers: plain.layers.map((layer, index) => (index === 0 ? { ...layer, activation: { kind: 'growth' } } : layer)),
        },
        extensions,
      ),
    };

    it.each(Object.keys(specs) as (keyof typeof specs)[])('agrees with the composed one behind %s', async name => {
      const field = createField(specs[name], { seed: 1, extensions });
      const coords = pointsFor(field, 45);
      for (const request of REQUESTS) {
        expectSame(await measure('simd', field, coords, request), await measure('cpu', field, coords, request));
        expect(await kernelsOf(() => measure('simd', field, coords, request))).toContain('NeuralFieldsFieldJet');
      }
    });

    it('leaves a network that ends in such a layer to the composed path', async () => {
      const last = plain.layers.length - 1;
      const layers = plain.layers.map((layer, index) => (index === last ? { ...layer, activation: { kind: 'growth' } } : layer));
      const field = createField(parseSpec({ ...plain, layers }, extensions), { seed: 1, extensions });
      const coords = pointsFor(field, 9);
      expect(await kernelsOf(() => measure('simd', field, coords, {}))).not.toContain('NeuralFieldsFieldJet');
    });

    it('takes an encoding that is wider than a panel', async () => {
      const wide = { inFeatures: 21, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 1 };
      const field = createField(mlp({ ...wide, activation: { kind: 'tanh' }, encoding: { kind: 'mirror' }, extensions }), {
        seed: 1,
        extensions,
      });
      const coords = pointsFor(field, 9);
      expectSame(
        await measure('simd', field, coords, { laplacian: true }),
        await measure('cpu', field, coords, { laplacian: true }),
      );
    });
  });

  it('keeps neither tensors nor memory over 500 steps', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 32, hiddenLayers: 1 }), { seed: 1 });
    const coords = pointsFor(field, 300);
    const { kernels } = engine().backend as SimdBackend;
    await measure('simd', field, coords, { laplacian: true });
    const before = [engine().memory().numTensors, engine().memory().numBytes, kernels.arena.memory.buffer.byteLength];
    for (let step = 0; step < 500; step++) await measure('simd', field, coords, { laplacian: true });
    expect([engine().memory().numTensors, engine().memory().numBytes, kernels.arena.memory.buffer.byteLength]).toEqual(before);
  });
});
