/**
 * @file The contract of jets on every backend: they agree with float64 arithmetic that is independent of the layers'
 *   rules.
 */
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
import { fieldJet, type OracleField, type OracleJet, parameterGradient } from './field-oracle.ts';
import {
  expectCloseInNorm,
  FIELD_GRADIENT,
  FIELD_SECOND,
  FIELD_VALUE,
  PARAMETER_GRADIENT,
  type Tolerance,
} from './tolerance.ts';

/** The part of an activation's spec that the suite uses. */
interface ContractActivationSpec {
  readonly kind: string;
  readonly learnable?: readonly string[];
  readonly [parameter: string]: number | string | readonly string[] | undefined;
}

interface ContractDenseSpec {
  readonly kind: 'dense';
  readonly outFeatures: number;
  readonly activation: ContractActivationSpec;
  readonly weightInitialiser: { readonly kind: string };
  readonly biasInitialiser: { readonly kind: string } | null;
}

interface ContractSpec {
  readonly inFeatures: number;
  readonly layers: readonly { readonly kind: string }[];
}

type ContractForm = readonly number[] | readonly (readonly number[])[];

interface ContractRequest {
  readonly gradient?: boolean;
  readonly laplacian?: boolean;
  readonly hessian?: boolean;
  readonly second?: readonly ContractForm[];
}

/** The request determines which of these are present. */
interface ContractJet {
  readonly value: Tensor2D;
  readonly gradient: Tensor;
  readonly laplacian: Tensor;
  readonly hessian: Tensor;
  readonly second: readonly Tensor[];
}

interface ContractField {
  readonly parameters: Readonly<Record<string, Tensor>>;
  jet(coords: Tensor2D, request: ContractRequest): { readonly value: Tensor2D };
  evaluate(coords: Tensor2D): Tensor2D;
  dispose(): void;
}

interface ContractRng {
  uniform(): number;
  normal(): number;
  fork(label: string): ContractRng;
}

/**
 * The part of `@neural-fields/core` that the suite uses. This package cannot import core, because core's tests import
 * this package.
 */
export interface JetContractCore {
  readonly coreActivations: readonly {
    readonly kind: string;
    readonly parameters: Readonly<Record<string, number>>;
    readonly parameterDerivatives?: unknown;
  }[];
  createField(spec: ContractSpec, options: { readonly seed: number }): ContractField;
  createRng(seed: number): ContractRng;
  evaluateJet(
    spec: ContractSpec,
    parameters: Readonly<Record<string, Tensor>>,
    coords: Tensor2D,
    request: ContractRequest,
  ): { readonly value: Tensor2D };
  parseSpec(json: unknown): ContractSpec;
  siren(options: {
    readonly inFeatures: number;
    readonly outFeatures: number;
    readonly hiddenFeatures: number;
    readonly hiddenLayers: number;
    readonly omega0?: number;
    readonly omegaHidden?: number;
  }): ContractSpec;
}

/** Options of the contract on a backend. */
export interface JetContractOptions {
  /** A factor on the tolerances; the caller states the reason. */
  readonly slack?: number;
  /** The number of random specs per property. */
  readonly runs?: number;
}

const REQUEST = { gradient: true, laplacian: true, hessian: true } as const;

/** Parameters are learned only for activations with derivatives by them. */
const activationSpecs = ({ coreActivations }: JetContractCore): readonly ContractActivationSpec[] =>
  coreActivations.flatMap(({ kind, parameters, parameterDerivatives }) => [
    { kind, ...parameters },
    ...(parameterDerivatives ? [{ kind, ...parameters, learnable: Object.keys(parameters) }] : []),
  ]);

const anyLayer = (core: JetContractCore): fc.Arbitrary<ContractDenseSpec> =>
  fc.record({
    kind: fc.constant('dense' as const),
    outFeatures: fc.integer({ min: 1, max: 5 }),
    activation: fc.constantFrom(...activationSpecs(core)),
    weightInitialiser: fc.constant({ kind: 'xavier-normal' as const }),
    biasInitialiser: fc.option(fc.constant({ kind: 'pytorch-linear' as const }), { nil: null }),
  });

const anySpec = (core: JetContractCore): fc.Arbitrary<ContractSpec> =>
  fc
    .record({
      inFeatures: fc.integer({ min: 1, max: 3 }),
      layers: fc.array(anyLayer(core), { minLength: 1, maxLength: 3 }),
    })
    .map(spec => core.parseSpec(spec));

interface Case {
  readonly spec: ContractSpec;
  readonly seed: number;
  readonly n: number;
}

const anyCaseOf = (core: JetContractCore): fc.Arbitrary<Case> =>
  fc.record({
    spec: anySpec(core),
    seed: fc.integer({ min: 0, max: 1e6 }),
    n: fc.integer({ min: 1, max: 3 }),
  });

const oracleOf = (spec: ContractSpec): OracleField => ({
  inFeatures: spec.inFeatures,
  layers: (spec.layers as readonly ContractDenseSpec[]).map(({ kind, outFeatures, activation, biasInitialiser }) => ({
    kind,
    outFeatures,
    activation,
    bias: biasInitialiser !== null,
  })),
});

const jetOf = (field: ContractField, coords: Tensor2D, request: ContractRequest): ContractJet =>
  field.jet(coords, request) as ContractJet;

const read = async (tensor: Tensor): Promise<Float32Array> => (await tensor.data()) as Float32Array;

const readParameters = async (field: ContractField): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(field.parameters).map(async ([name, variable]) => [name, await read(variable)] as const),
    ),
  );

const pointsFor = ({ createRng }: JetContractCore, { spec, seed, n }: Case): number[][] => {
  const rng = createRng(seed).fork('points');
  return Array.from({ length: n }, () =>
    Array.from({ length: spec.inFeatures }, () => Math.fround(2 * rng.uniform() - 1)),
  );
};

/** All values of a jet, in the order value, gradient, Laplacian, Hessian. */
const flatOracle = (jets: readonly OracleJet[]): Record<'value' | 'gradient' | 'laplacian' | 'hessian', number[]> => ({
  value: jets.flatMap(({ value }) => [...value]),
  gradient: jets.flatMap(({ gradient }) => gradient.flat()),
  laplacian: jets.flatMap(({ value, hessian }) =>
    value.map((_, o) => hessian.reduce((total, row, k) => total + (row[k]?.[o] as number), 0)),
  ),
  hessian: jets.flatMap(({ hessian }) => hessian.flat(2)),
});

/**
 * The contract of jets on every backend: they agree with float64 arithmetic that is independent of the layers' rules.
 *
 * @param core the module `@neural-fields/core`
 * @param backend must be registered already
 */
export const jetContract = (
  core: JetContractCore,
  backend: string,
  { slack = 1, runs = 25 }: JetContractOptions = {},
): void => {
  const { createField, createRng, evaluateJet, siren } = core;
  const anyCase = anyCaseOf(core);
  const pointsOf = (testCase: Case): number[][] => pointsFor(core, testCase);
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
          const jet = jetOf(field, coords, REQUEST);
          const parameters = await readParameters(field);
          const expected = flatOracle(points.map(point => fieldJet(oracleOf(testCase.spec), parameters, point)));
          expectCloseInNorm(await read(jet.value), expected.value, loosened(FIELD_VALUE), 'value');
          expectCloseInNorm(await read(jet.gradient), expected.gradient, loosened(FIELD_GRADIENT), 'gradient');
          // The Laplacian is a sum that may cancel: its error is relative to the Hessian whose trace it is.
          const trace = { relative: 0, absolute: slack * (1e-6 + 1e-4 * Math.max(...expected.hessian.map(Math.abs))) };
          expectCloseInNorm(await read(jet.laplacian), expected.laplacian, trace, 'laplacian');
          expectCloseInNorm(await read(jet.hessian), expected.hessian, loosened(FIELD_SECOND), 'hessian');
          field.dispose();
        }),
        seeded,
      ));

    it('backpropagate any loss on them to the parameters in one backward pass', () =>
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
          const weights = {
            value: parts.value,
            gradient: parts.gradient,
            laplacian: parts.laplacian,
            hessian: parts.hessian,
          };
          const weightOf = Object.fromEntries(
            Object.entries(weights).map(([part, values]) => [part, values.map(() => rng.normal())]),
          );
          const names = Object.keys(field.parameters);
          const { grads } = engine().gradients(
            () => {
              const jet = jetOf(field, coords, REQUEST);
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
                total +
                values[part].reduce((dot, value, i) => dot + value * ((weightOf[part] as number[])[i] as number), 0),
              0,
            );
          });
          const all = Math.max(...names.flatMap(name => [...(expected[name] as Float64Array)].map(Math.abs)));
          for (const [index, name] of names.entries()) {
            const gradient = grads[index] as Tensor | null;
            const actual = gradient ? await read(gradient) : new Float32Array((expected[name] as Float64Array).length);
            // Relative to the largest component of the whole gradient: single parameters may have tiny ones that are
            // sums of large terms.
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
      const jet = jetOf(field, tensor2d(points, [8, 2]), REQUEST);
      const parameters = await readParameters(field);
      const expected = flatOracle(points.map(point => fieldJet(oracleOf(spec), parameters, point)));
      expectCloseInNorm(await read(jet.value), expected.value, loosened(FIELD_VALUE), 'value');
      expectCloseInNorm(await read(jet.gradient), expected.gradient, loosened(FIELD_GRADIENT), 'gradient');
      expectCloseInNorm(await read(jet.laplacian), expected.laplacian, loosened(FIELD_SECOND), 'laplacian');
      expectCloseInNorm(await read(jet.hessian), expected.hessian, loosened(FIELD_SECOND), 'hessian');
      field.dispose();
    });

    it('have second-order forms that are sums of the Hessian', async () => {
      const spec = siren({
        inFeatures: 3,
        outFeatures: 2,
        hiddenFeatures: 8,
        hiddenLayers: 1,
        omega0: 3,
        omegaHidden: 2,
      });
      const field = createField(spec, { seed: 8 });
      const coords = tensor2d(pointsOf({ spec, seed: 2, n: 4 }), [4, 3]);
      const wave = [1, -0.25, 0];
      const mixed = [
        [0, 0.5, 0],
        [0.5, 0, 2],
        [0, 2, -1],
      ];
      const { second, hessian } = jetOf(field, coords, { hessian: true, second: [wave, mixed] });
      const h = (await hessian.array()) as number[][][][];
      const contract = (matrix: number[][]): number[] =>
        h.flatMap(point =>
          [0, 1].map(o =>
            matrix.reduce(
              (total, row, k) => total + row.reduce((t, w, l) => t + w * (point[k]?.[l]?.[o] as number), 0),
              0,
            ),
          ),
        );
      const diagonal = wave.map((w, k) => wave.map((_, l) => (k === l ? w : 0)));
      expectCloseInNorm(await read(second[0] as Tensor), contract(diagonal), loosened(FIELD_SECOND));
      expectCloseInNorm(await read(second[1] as Tensor), contract(mixed), loosened(FIELD_SECOND));
      field.dispose();
    });

    it('differentiate with respect to the coordinates too', async () => {
      const spec = siren({
        inFeatures: 2,
        outFeatures: 1,
        hiddenFeatures: 8,
        hiddenLayers: 1,
        omega0: 3,
        omegaHidden: 2,
      });
      const field = createField(spec, { seed: 8 });
      const coords = tensor2d(pointsOf({ spec, seed: 3, n: 4 }), [4, 2]);
      const { grads } = engine().gradients(() => sum(field.evaluate(coords)), [coords], scalar(1), false);
      expectCloseInNorm(
        await read(grads[0] as Tensor),
        await read(jetOf(field, coords, { gradient: true }).gradient),
        loosened(FIELD_GRADIENT),
      );
      field.dispose();
    });

    it('accept parameters that are tensors, and backpropagate through them', async () => {
      const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0, omega0: 2 });
      const field = createField(spec, { seed: 1 });
      const names = Object.keys(field.parameters);
      const coords = tensor2d([[0.3], [-0.7]], [2, 1]);
      const scale = scalar(1.5);
      const made = (): Record<string, Tensor> =>
        Object.fromEntries(names.map(name => [name, mul(field.parameters[name] as Tensor, scale)]));
      const { grads } = engine().gradients(
        () => sum((evaluateJet(spec, made(), coords, { laplacian: true }) as ContractJet).laplacian),
        [scale],
        scalar(1),
        false,
      );
      const at = (factor: number): number => {
        const parameters = Object.fromEntries(
          names.map(name => [name, (values[name] as Float32Array).map(value => value * factor)]),
        );
        return [[0.3], [-0.7]].reduce(
          (total, point) =>
            total + (fieldJet(oracleOf(spec), parameters, point.map(Math.fround)).hessian[0]?.[0]?.[0] as number),
          0,
        );
      };
      const values = Object.fromEntries(
        Object.entries(await readParameters(field)).map(([name, array]) => [name, Float64Array.from(array)]),
      ) as Record<string, ArrayLike<number>> as Record<string, Float32Array>;
      const h = 1e-4;
      expectCloseInNorm(await read(grads[0] as Tensor), [(at(1.5 + h) - at(1.5 - h)) / (2 * h)], {
        relative: slack * 1e-4,
      });
      field.dispose();
    });

    it('have the right shapes for no point and for one', async () => {
      const field = createField(siren({ inFeatures: 3, outFeatures: 2, hiddenFeatures: 4, hiddenLayers: 0 }), {
        seed: 1,
      });
      for (const n of [0, 1]) {
        const coords: Tensor2D = tensor2d([], [0, 3]);
        const jet = jetOf(field, n === 0 ? coords : tensor2d([[0.1, 0.2, 0.3]]), { ...REQUEST, second: [[1, 0, 0]] });
        expect(jet.value.shape).toEqual([n, 2]);
        expect(jet.gradient.shape).toEqual([n, 3, 2]);
        expect(jet.laplacian.shape).toEqual([n, 2]);
        expect(jet.hessian.shape).toEqual([n, 3, 3, 2]);
        expect(jet.second[0]?.shape).toEqual([n, 2]);
      }
      field.dispose();
    });

    it('leak no tensors', () => {
      const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 }), {
        seed: 1,
      });
      const coords = tensor2d([[0.1, 0.2]]);
      const before = engine().memory().numTensors;
      const jet = jetOf(field, coords, REQUEST);
      for (const tensor of Object.values(jet)) tensor.dispose();
      expect(engine().memory().numTensors).toBe(before);
      tidy(() => {
        engine().gradients(
          () => sum(jetOf(field, coords, REQUEST).hessian),
          Object.values(field.parameters),
          scalar(1),
          true,
        );
      });
      expect(engine().memory().numTensors).toBe(before);
      field.dispose();
    });
  });
};
