/**
 * @file The contract of every encoding on every backend: it agrees with its formula in float64 Taylor arithmetic, and
 *   its jet is differentiable.
 */
import {
  createField,
  createRng,
  decodeField,
  encodeField,
  evaluateJet,
  type Field,
  type FieldSpec,
  type LayerSpec,
  mlp,
  parseSpec,
} from '@neural-fields/core';
import {
  centralDifference,
  expectCloseInNorm,
  FIELD_GRADIENT,
  FIELD_SECOND,
  FIELD_VALUE,
  PARAMETER_GRADIENT,
  type TaylorAlgebra,
  type TaylorNumber,
  type Tolerance,
  taylorAlgebra,
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
  tensor,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodings, fourierFeatures, gaussianRbf, positionalEncoding } from '../src/index.ts';

type Values = Record<string, ArrayLike<number>>;

/** An encoding as a formula: the features of `x` in Taylor arithmetic, with the values of its parameters. */
type Formula = (t: TaylorAlgebra, x: readonly TaylorNumber[], values: Values) => TaylorNumber[];

interface Case {
  readonly name: string;
  readonly spec: LayerSpec;
  readonly formula: Formula;
}

const positional =
  (octaves: number, base: number, includeInput: boolean): Formula =>
  (t, x) => {
    const waves = Array.from({ length: octaves }, (_, l) =>
      x.flatMap(p => [t.sin(t.scale(p, 2 ** l * base)), t.cos(t.scale(p, 2 ** l * base))]),
    ).flat();
    return includeInput ? [...x, ...waves] : waves;
  };

const dot = (t: TaylorAlgebra, x: readonly TaylorNumber[], row: readonly number[]): TaylorNumber =>
  x.reduce((total, p, i) => t.add(total, t.scale(p, row[i] as number)), t.constant(0));

const fourier =
  (rows: (width: number) => readonly (readonly number[])[]): Formula =>
  (t, x) =>
    rows(x.length).flatMap(row => {
      const phase = t.scale(dot(t, x, row), 2 * Math.PI);
      return [t.cos(phase), t.sin(phase)];
    });

/** The frequencies drawn from a seed. They must never change: fields on disk rely on them. */
const seededRows = (features: number, scale: number, seed: number, width: number): number[][] => {
  const rng = createRng(seed).fork('fourier-features');
  return Array.from({ length: features }, () => Array.from({ length: width }, () => Math.fround(scale * rng.normal())));
};

const seededCentres = (features: number, bound: number, seed: number, width: number): number[] => {
  const rng = createRng(seed).fork('gaussian-rbf');
  return Array.from({ length: features * width }, () => Math.fround(bound * (2 * rng.uniform() - 1)));
};

const rbf =
  (features: number, sigma: number, centres?: (width: number) => ArrayLike<number>): Formula =>
  (t, x, values) =>
    Array.from({ length: features }, (_, j) => {
      const all = values['centres'] ?? (centres as (width: number) => ArrayLike<number>)(x.length);
      const inverse = values['inverseSigma']?.[j] ?? 1 / sigma;
      const squares = x.map((p, i) => {
        const r = t.sub(p, t.constant(all[j * x.length + i] as number));
        return t.mul(r, r);
      });
      return t.exp(
        t.scale(
          squares.reduce((a, b) => t.add(a, b)),
          (-inverse * inverse) / 2,
        ),
      );
    });

const given = [
  [0.25, -1, 2],
  [3, 0.5, -0.125],
];

const cases: readonly Case[] = [
  {
    name: 'positional encoding',
    spec: positionalEncoding({ octaves: 4 }),
    formula: positional(4, Math.PI, true),
  },
  {
    name: 'positional encoding without the input, base 1',
    spec: positionalEncoding({ octaves: 3, includeInput: false, base: 1 }),
    formula: positional(3, 1, false),
  },
  {
    name: 'random Fourier features',
    spec: fourierFeatures({ features: 3, scale: 2, seed: 7 }),
    formula: fourier(width => seededRows(3, 2, 7, width)),
  },
  {
    name: 'given Fourier features',
    spec: fourierFeatures({ frequencies: given }),
    formula: fourier(() => given),
  },
  {
    name: 'learned Gaussian functions',
    spec: gaussianRbf({ features: 3, sigma: 0.7 }),
    formula: rbf(3, 0.7),
  },
  {
    name: 'Gaussian functions with learned widths',
    spec: gaussianRbf({ features: 3, sigma: 0.5, bound: 2, learnable: ['sigma'], seed: 4 }),
    formula: rbf(3, 0.5, width => seededCentres(3, 2, 4, width)),
  },
  {
    name: 'frozen Gaussian functions',
    spec: gaussianRbf({ features: 2, sigma: 0.6, learnable: [], seed: 4 }),
    formula: rbf(2, 0.6, width => seededCentres(2, 1, 4, width)),
  },
];

const D = 3;
const extensions = { layers: encodings };
const REQUEST = { gradient: true, laplacian: true, hessian: true } as const;
const PARTS = ['value', 'gradient', 'laplacian', 'hessian'] as const;
type Part = (typeof PARTS)[number];

/** A dense sine layer with three features, so that the input of an encoding after it has nonzero second derivatives. */
const denseInFront = { kind: 'dense', outFeatures: D, activation: { kind: 'sine', omega: 1.5 } };
const initialisers = { weightInitialiser: { kind: 'xavier-normal' }, biasInitialiser: { kind: 'pytorch-linear' } };

interface Place {
  readonly place: string;
  /** The index of the encoding in the spec. */
  readonly index: 0 | 1;
}

const places: readonly Place[] = [
  { place: 'on coordinates', index: 0 },
  { place: 'on features', index: 1 },
];

const specOf = ({ spec }: Case, { index }: Place): FieldSpec =>
  parseSpec({ inFeatures: D, layers: index === 0 ? [spec] : [{ ...denseInFront, ...initialisers }, spec] }, extensions);

const read = async (t: Tensor): Promise<Float32Array> => (await t.data()) as Float32Array;

const valuesOf = async (field: Field): Promise<Record<string, Float64Array>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(field.parameters).map(async ([name, v]) => [name, Float64Array.from(await read(v))] as const),
    ),
  );

/** The jets of a whole field at the points, part by part. */
const oracle = (
  testCase: Case,
  { index }: Place,
  values: Values,
  points: readonly (readonly number[])[],
): Record<Part, number[]> => {
  const t = taylorAlgebra(D, 2);
  const own = Object.fromEntries(
    Object.entries(values).flatMap(([name, v]) =>
      name.startsWith(`layers.${index}.`) ? [[name.slice(`layers.${index}.`.length), v]] : [],
    ),
  );
  const result: Record<Part, number[]> = { value: [], gradient: [], laplacian: [], hessian: [] };
  const axes = Array.from({ length: D }, (_, k) => k);
  const orders = (...along: number[]): number[] => axes.map(k => along.filter(axis => axis === k).length);
  for (const point of points) {
    let x: TaylorNumber[] = axes.map(k => t.variable(k, point[k] as number));
    if (index === 1) {
      const [w, b] = [values['layers.0.weight'] as Float64Array, values['layers.0.bias'] as Float64Array];
      x = axes.map(o => {
        const column = axes.map(i => w[i * D + o] as number);
        return t.sin(t.scale(t.add(dot(t, x, column), t.constant(b[o] as number)), 1.5));
      });
    }
    const features = testCase.formula(t, x, own);
    result.value.push(...features.map(f => t.value(f)));
    result.gradient.push(...axes.flatMap(k => features.map(f => t.derivative(f, orders(k)))));
    result.laplacian.push(...features.map(f => axes.reduce((total, k) => total + t.derivative(f, orders(k, k)), 0)));
    result.hessian.push(...axes.flatMap(k => axes.flatMap(l => features.map(f => t.derivative(f, orders(k, l))))));
  }
  return result;
};

const points = ((): number[][] => {
  const rng = createRng(11);
  return Array.from({ length: 4 }, () => Array.from({ length: D }, () => Math.fround(2 * rng.uniform() - 1)));
})();

const STEP = 1e-3;

/** The exported kinds of encodings without a case. */
export const encodingsWithoutCase = (): string[] =>
  encodings.map(({ kind }) => kind).filter(kind => !cases.some(({ spec }) => spec.kind === kind));

/** Options of the contract on a backend. */
export interface EncodingContractOptions {
  /** A factor on the tolerances; the caller states the reason. */
  readonly slack?: number;
}

/**
 * Declares the tests of all encodings on a backend.
 *
 * @param backend must be registered already
 */
export const encodingContract = (backend: string, { slack = 1 }: EncodingContractOptions = {}): void => {
  const loosened = ({ relative = 0, absolute = 0 }: Tolerance): Tolerance => ({
    relative: slack * relative,
    absolute: slack * absolute,
  });
  describe(`encodings on ${backend}`, () => {
    beforeAll(async () => {
      await setBackend(backend);
      await ready();
    });

    describe.each(cases)('$name', testCase => {
      it.each(places)('has the jet of its formula $place', async place => {
        const field = createField(specOf(testCase, place), { seed: 3, extensions });
        const jet = field.jet(tensor2d(points), REQUEST);
        const expected = oracle(testCase, place, await valuesOf(field), points);
        expectCloseInNorm(await read(jet.value), expected.value, loosened(FIELD_VALUE), 'value');
        expectCloseInNorm(await read(jet.gradient), expected.gradient, loosened(FIELD_GRADIENT), 'gradient');
        expectCloseInNorm(await read(jet.hessian), expected.hessian, loosened(FIELD_SECOND), 'hessian');
        const trace = { absolute: 2e-5 * Math.max(...expected.hessian.map(Math.abs)) };
        expectCloseInNorm(await read(jet.laplacian), expected.laplacian, loosened(trace), 'laplacian');
        const { second } = field.jet(tensor2d(points), { second: [[1, 0, -2]] });
        const n = expected.value.length / points.length;
        const form = points.flatMap((_, p) =>
          Array.from({ length: n }, (_, o) => {
            const at = (k: number): number => expected.hessian[((p * D + k) * D + k) * n + o] as number;
            return at(0) - 2 * at(2);
          }),
        );
        expectCloseInNorm(await read(second[0]), form, loosened(trace), 'form');
        field.dispose();
      });

      it.each(places)('backpropagates a loss on its jet to parameters and coordinates $place', async place => {
        const field = createField(specOf(testCase, place), { seed: 3, extensions });
        const values = await valuesOf(field);
        const rng = createRng(5);
        const now = oracle(testCase, place, values, points);
        const weights = Object.fromEntries(
          PARTS.map(part => {
            const size = Math.max(...now[part].map(Math.abs));
            return [part, now[part].map(() => rng.normal() / size)];
          }),
        ) as Record<Part, number[]>;
        const coords = tensor2d(points);
        const names = Object.keys(values);
        const { grads } = engine().gradients(
          () => {
            const jet = field.jet(coords, REQUEST);
            return addN(
              PARTS.map(part => sum(mul(jet[part] as Tensor, tensor(weights[part], jet[part].shape)))),
            ) as Tensor;
          },
          [...names.map(name => field.parameters[name] as Tensor), coords],
          scalar(1),
          true,
        );
        const moved = points.map(point => [...point]);
        const loss = (): number => {
          const parts = oracle(testCase, place, values, moved);
          return PARTS.reduce(
            (a, part) => a + parts[part].reduce((s, v, i) => s + v * (weights[part][i] as number), 0),
            0,
          );
        };
        const difference = (array: Float64Array | number[], i: number): number =>
          centralDifference(array, i, { step: STEP, of: loss });
        const expected = [
          ...names.map(name =>
            Array.from(values[name] as Float64Array, (_, i) => difference(values[name] as Float64Array, i)),
          ),
          moved.flatMap(point => point.map((_, i) => difference(point, i))),
        ];
        for (const [index, name] of [...names, 'coords'].entries())
          expectCloseInNorm(
            await read(grads[index] as Tensor),
            expected[index] as number[],
            loosened(PARAMETER_GRADIENT),
            name,
          );
        field.dispose();
      });

      it('works in a network and in field files, and leaks no tensors', async () => {
        const spec = mlp({
          inFeatures: D,
          outFeatures: 1,
          hiddenFeatures: 4,
          hiddenLayers: 1,
          activation: { kind: 'relu' },
          encoding: testCase.spec,
          extensions,
        });
        const field = createField(spec, { seed: 1, extensions });
        const copy = decodeField(await encodeField(field), extensions);
        const coords = tensor2d(points);
        expect(await read(copy.evaluate(coords))).toEqual(await read(field.evaluate(coords)));
        const before = engine().memory().numTensors;
        tidy(() => {
          engine().gradients(
            () => sum(field.jet(coords, REQUEST).hessian),
            Object.values(field.parameters),
            scalar(1),
            true,
          );
        });
        for (const t of Object.values(evaluateJet(spec, field.parameters, coords, REQUEST, extensions))) t.dispose();
        expect(engine().memory().numTensors).toBe(before);
        field.dispose();
        copy.dispose();
      });
    });
  });
};
