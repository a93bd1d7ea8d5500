/** @file What jets must do on every backend: agree with float64 arithmetic that knows nothing of the layers' rules. */
import {
  expectCloseInNorm,
  FIELD_GRADIENT,
  FIELD_SECOND,
  FIELD_VALUE,
  fieldJet,
  type OracleField,
  type OracleJet,
  PARAMETER_GRADIENT,
  parameterGradient,
  type Tolerance,
} from '@neural-fields/testing';
import {
  addN,
  engine,
  mul,
  ready,
  scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  tensor,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ActivationSpec,
  coreActivations,
  createField,
  createRng,
  type DenseSpec,
  evaluateJet,
  type Field,
  type FieldSpec,
  parseSpec,
  siren,
} from '../../src/index.ts';

/** How a backend is tested. */
export interface JetContractOptions {
  /** Factor on the tolerances, with its reason stated where it is given. */
  readonly slack?: number;
  /** Random specs per property. */
  readonly runs?: number;
}

const REQUEST = { gradient: true, laplacian: true, hessian: true } as const;

/** Learned parameters are those of an activation with derivatives by them. */
const activationSpecs: readonly ActivationSpec[] = coreActivations.flatMap(({ kind, parameters, parameterDerivatives }) => [
  { kind, ...parameters },
  ...(parameterDerivatives ? [{ kind, ...parameters, learnable: Object.keys(parameters) }] : []),
]);

const anyActivation: fc.Arbitrary<ActivationSpec> = fc.constantFrom(...activationSpecs);

const anyLayer: fc.Arbitrary<DenseSpec> = fc.record({
  kind: fc.constant('dense' as const),
  outFeatures: fc.integer({ min: 1, max: 5 }),
  activation: anyActivation,
  weightInitialiser: fc.constant({ kind: 'xavier-normal' as const }),
  biasInitialiser: fc.option(fc.constant({ kind: 'pytorch-linear' as const }), { nil: null }),
});

const anySpec: fc.Arbitrary<FieldSpec> = fc
  .record({ inFeatures: fc.integer({ min: 1, max: 3 }), layers: fc.array(anyLayer, { minLength: 1, maxLength: 3 }) })
  .map(spec => parseSpec(spec));

interface Case {
  readonly spec: FieldSpec;
  readonly seed: number;
  readonly n: number;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  spec: anySpec,
  seed: fc.integer({ min: 0, max: 1e6 }),
  n: fc.integer({ min: 1, max: 3 }),
});

const oracleOf = (spec: FieldSpec): OracleField => ({
  inFeatures: spec.inFeatures,
  layers: (spec.layers as readonly DenseSpec[]).map(({ kind, outFeatures, activation, biasInitialiser }) => ({
    kind,
    outFeatures,
    activation,
    bias: biasInitialiser !== null,
  })),
});

const read = async (tensor: Tensor): Promise<Float32Array> => (await tensor.data()) as Float32Array;

const readParameters = async (field: Field): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(
    await Promise.all(Object.entries(field.parameters).map(async ([name, variable]) => [name, await read(variable)] as const)),
  );

const pointsOf = ({ spec, seed, n }: Case): number[][] => {
  const rng = createRng(seed).fork('points');
  return Array.from({ length: n }, () => Array.from({ length: spec.inFeatures }, () => Math.fround(2 * rng.uniform() - 1)));
};

/** All numbers of a jet in the order value, gradient, Laplacian, Hessian. */
const flatOracle = (jets: readonly OracleJet[]): Record<'value' | 'gradient' | 'laplacian' | 'hessian', number[]> => ({
  value: jets.flatMap(({ value }) => [...value]),
  gradient: jets.flatMap(({ gradient }) => gradient.flat()),
  laplacian: jets.flatMap(({ value, hessian }) =>
    value.map((_, o) => hessian.reduce((total, row, k) => total + (row[k]?.[o] as number), 0)),
  ),
  hessian: jets.flatMap(({ hessian }) => hessian.flat(2)),
});

/** Runs the contract on one backend, which must be registered already. */
export const jetContract = (backend: string, { slack = 1, runs = 25 }: JetContractOptions = {}): void => {
  const loosened = ({ relative = 0 }: Tolerance): Tolerance => ({ relative: slack * relative, absolute: slack * 1e-6 });
  const seeded = { numRuns: runs, seed: 20261121 };

  describe(`jets on ${backend}`, () => {
    beforeAll(async () => {
      await setBackend(backend);
      await ready();
    });

    it('agree with float64 for any spec', () =>
      fc.assert(
        fc.asyncProperty(anyCase, async testCase => {
          const field = createField(testCase.spec, { seed: testCase.seed });
          const points = pointsOf(testCase);
          const coords = tensor2d(points, [testCase.n, testCase.spec.inFeatures]);
          const jet = field.jet(coords, REQUEST);
          const parameters = await readParameters(field);
          const expected = flatOracle(points.map(point => fieldJet(oracleOf(testCase.spec), parameters, point)));
          expectCloseInNorm(await read(jet.value), expected.value, loosened(FIELD_VALUE), 'value');
          expectCloseInNorm(await read(jet.gradient), expected.gradient, loosened(FIELD_GRADIENT), 'gradient');
          // The Laplacian is a sum that may cancel: it is measured against the Hessian that it is the trace of.
          const trace = { relative: 0, absolute: slack * (1e-6 + 1e-4 * Math.max(...expected.hessian.map(Math.abs))) };
          expectCloseInNorm(await read(jet.laplacian), expected.laplacian, trace, 'laplacian');
          expectCloseInNorm(await read(jet.hessian), expected.hessian, loosened(FIELD_SECOND), 'hessian');
          field.dispose();
        }),
        seeded,
      ));

    it('give the parameter gradient of any loss on them in one reverse pass', () =>
      fc.assert(
        fc.asyncProperty(anyCase, async testCase => {
          const { spec, seed, n } = testCase;
          const field = createField(spec, { seed });
          const points = pointsOf(testCase);
          const coords = tensor2d(points, [n, spec.inFeatures]);
          const parameters = await readParameters(field);
          const rng = createRng(seed).fork('weights');
          const oracle = oracleOf(spec);
          const parts = flatOracle(points.map(point => fieldJet(oracle, parameters, point)));
          const weights = { value: parts.value, gradient: parts.gradient, laplacian: parts.laplacian, hessian: parts.hessian };
          const weightOf = Object.fromEntries(
            Object.entries(weights).map(([part, values]) => [part, values.map(() => rng.normal())]),
          );
          const names = Object.keys(field.parameters);
          const { grads } = engine().gradients(
            () => {
              const jet = field.jet(coords, REQUEST);
              const terms = (['value', 'gradient', 'laplacian', 'hessian'] as const).map(part =>
                sum(mul(jet[part] as Tensor, tensor(weightOf[part] as number[], jet[part].shape))),
              );
              return addN(terms) as Tensor;
            },
            names.map(name => field.parameters[name] as Tensor),
            scalar(1),
            true,
          );
          const expected = parameterGradient(oracle, parameters, points, jets => {
            const values = flatOracle(jets);
            return (['value', 'gradient', 'laplacian', 'hessian'] as const).reduce(
              (total, part) =>
                total + values[part].reduce((dot, value, i) => dot + value * ((weightOf[part] as number[])[i] as number), 0),
              0,
            );
          });
          const all = Math.max(...names.flatMap(name => [...(expected[name] as Float64Array)].map(Math.abs)));
          for (const [index, name] of names.entries()) {
            const gradient = grads[index] as Tensor | null;
            const actual = gradient ? await read(gradient) : new Float32Array((expected[name] as Float64Array).length);
            // Against the largest component of the whole gradient: single parameters may have tiny ones that are sums of large terms.
            expectCloseInNorm(
              actual,
              expected[name] as Float64Array,
              { absolute: slack * (1e-6 + (PARAMETER_GRADIENT.relative as number) * all) },
              name,
            );
          }
          field.dispose();
        }),
        { ...seeded, numRuns: Math.ceil(runs / 2) },
      ));

    it('agree with float64 for a SIREN with omega 30', async () => {
      const spec = siren({ inFeatures: 2, outFeatures: 3, hiddenFeatures: 32, hiddenLayers: 3 });
      const testCase = { spec, seed: 5, n: 8 };
      const field = createField(spec, { seed: 5 });
      const points = pointsOf(testCase);
      const jet = field.jet(tensor2d(points, [8, 2]), REQUEST);
      const parameters = await readParameters(field);
      const expected = flatOracle(points.map(point => fieldJet(oracleOf(spec), parameters, point)));
      expectCloseInNorm(await read(jet.value), expected.value, loosened(FIELD_VALUE), 'value');
      expectCloseInNorm(await read(jet.gradient), expected.gradient, loosened(FIELD_GRADIENT), 'gradient');
      expectCloseInNorm(await read(jet.laplacian), expected.laplacian, loosened(FIELD_SECOND), 'laplacian');
      expectCloseInNorm(await read(jet.hessian), expected.hessian, loosened(FIELD_SECOND), 'hessian');
      field.dispose();
    });

    it('have second-order forms that are sums of the Hessian', async () => {
      const spec = siren({ inFeatures: 3, outFeatures: 2, hiddenFeatures: 8, hiddenLayers: 1, omega0: 3, omegaHidden: 2 });
      const field = createField(spec, { seed: 8 });
      const coords = tensor2d(pointsOf({ spec, seed: 2, n: 4 }), [4, 3]);
      const wave = [1, -0.25, 0];
      const mixed = [
        [0, 0.5, 0],
        [0.5, 0, 2],
        [0, 2, -1],
      ];
      const { second, hessian } = field.jet(coords, { hessian: true, second: [wave, mixed] });
      const h = (await hessian.array()) as number[][][][];
      const contract = (matrix: number[][]): number[] =>
        h.flatMap(point =>
          [0, 1].map(o =>
            matrix.reduce((total, row, k) => total + row.reduce((t, w, l) => t + w * (point[k]?.[l]?.[o] as number), 0), 0),
          ),
        );
      const diagonal = wave.map((w, k) => wave.map((_, l) => (k === l ? w : 0)));
      expectCloseInNorm(await read(second[0]), contract(diagonal), loosened(FIELD_SECOND));
      expectCloseInNorm(await read(second[1]), contract(mixed), loosened(FIELD_SECOND));
      field.dispose();
    });

    it('differentiate with respect to the coordinates too', async () => {
      const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 3, omegaHidden: 2 });
      const field = createField(spec, { seed: 8 });
      const coords = tensor2d(pointsOf({ spec, seed: 3, n: 4 }), [4, 2]);
      const { grads } = engine().gradients(() => sum(field.evaluate(coords)), [coords], scalar(1), false);
      expectCloseInNorm(
        await read(grads[0] as Tensor),
        await read(field.jet(coords, { gradient: true }).gradient),
        loosened(FIELD_GRADIENT),
      );
      field.dispose();
    });

    it('take parameters that are tensors, and pass gradients on to what made them', async () => {
      const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0, omega0: 2 });
      const field = createField(spec, { seed: 1 });
      const names = Object.keys(field.parameters);
      const coords = tensor2d([[0.3], [-0.7]], [2, 1]);
      const scale = scalar(1.5);
      const made = (): Record<string, Tensor> =>
        Object.fromEntries(names.map(name => [name, mul(field.parameters[name] as Tensor, scale)]));
      const { grads } = engine().gradients(
        () => sum(evaluateJet(spec, made(), coords, { laplacian: true }).laplacian),
        [scale],
        scalar(1),
        false,
      );
      const at = (factor: number): number => {
        const parameters = Object.fromEntries(
          names.map(name => [name, (values[name] as Float32Array).map(value => value * factor)]),
        );
        return [[0.3], [-0.7]].reduce(
          (total, point) => total + (fieldJet(oracleOf(spec), parameters, point.map(Math.fround)).hessian[0]?.[0]?.[0] as number),
          0,
        );
      };
      const values = Object.fromEntries(
        Object.entries(await readParameters(field)).map(([name, array]) => [name, Float64Array.from(array)]),
      ) as Record<string, ArrayLike<number>> as Record<string, Float32Array>;
      const h = 1e-4;
      expectCloseInNorm(await read(grads[0] as Tensor), [(at(1.5 + h) - at(1.5 - h)) / (2 * h)], { relative: slack * 1e-4 });
      field.dispose();
    });

    it('have the right shapes for no point and for one', async () => {
      const field = createField(siren({ inFeatures: 3, outFeatures: 2, hiddenFeatures: 4, hiddenLayers: 0 }), { seed: 1 });
      for (const n of [0, 1]) {
        const coords: Tensor2D = tensor2d([], [0, 3]);
        const jet = field.jet(n === 0 ? coords : tensor2d([[0.1, 0.2, 0.3]]), { ...REQUEST, second: [[1, 0, 0]] });
        expect(jet.value.shape).toEqual([n, 2]);
        expect(jet.gradient.shape).toEqual([n, 3, 2]);
        expect(jet.laplacian.shape).toEqual([n, 2]);
        expect(jet.hessian.shape).toEqual([n, 3, 3, 2]);
        expect(jet.second[0].shape).toEqual([n, 2]);
      }
      field.dispose();
    });

    it('leave no tensor behind', () => {
      const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 }), { seed: 1 });
      const coords = tensor2d([[0.1, 0.2]]);
      const before = engine().memory().numTensors;
      const jet = field.jet(coords, REQUEST);
      for (const tensor of Object.values(jet)) tensor.dispose();
      expect(engine().memory().numTensors).toBe(before);
      tidy(() => {
        engine().gradients(() => sum(field.jet(coords, REQUEST).hessian), Object.values(field.parameters), scalar(1), true);
      });
      expect(engine().memory().numTensors).toBe(before);
      field.dispose();
    });
  });
};
