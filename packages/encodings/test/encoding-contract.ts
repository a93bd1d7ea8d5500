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
import { encodings } from '../src/index.ts';
import { type Case, cases, dot, type Values } from './encoding-cases.ts';

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

const axes = Array.from({ length: D }, (_, k) => k);
const ordersOf = (along: readonly number[]): number[] => axes.map(k => along.filter(axis => axis === k).length);
const firstOrders = axes.map(k => ordersOf([k]));
const secondOrders = axes.map(k => axes.map(l => ordersOf([k, l])));

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
    const all = (orders: readonly number[]): number[] => features.map(f => t.derivative(f, orders));
    const hessian = secondOrders.map(row => row.map(all));
    result.gradient.push(...firstOrders.flatMap(all));
    result.hessian.push(...hessian.flat(2));
    result.laplacian.push(
      ...features.map((_, o) => axes.reduce((total, k) => total + (hessian[k]?.[k]?.[o] as number), 0)),
    );
  }
  return result;
};

const points = ((): number[][] => {
  const rng = createRng(11);
  return Array.from({ length: 4 }, () => Array.from({ length: D }, () => Math.fround(2 * rng.uniform() - 1)));
})();

const STEP = 1e-3;
const COORDS = 'coords';

/** Of large parameters, about this many gradients are compared: differences in float64 are slow. */
const SAMPLES = 12;

/** Odd, so that all features of a table are among them. */
const strideOf = ({ length }: ArrayLike<number>): number => 2 * Math.floor(length / (2 * SAMPLES)) + 1;

const sampled = (array: ArrayLike<number>): number[] => Array.from(array).filter((_, i) => i % strideOf(array) === 0);

interface Reference {
  /** Of a loss: the sum of the jet's parts times these. */
  readonly weights: Record<Part, number[]>;
  /** The loss's gradient with respect to the parameters and the coordinates, by name. */
  readonly expected: ReadonlyMap<string, readonly number[]>;
}

/** They are the same on all backends. */
const references = new Map<string, Reference>();

const computeReference = (testCase: Case, place: Place, values: Record<string, Float64Array>): Reference => {
  const rng = createRng(5);
  const now = oracle(testCase, place, values, points);
  const weights = Object.fromEntries(
    PARTS.map(part => {
      // Second derivatives along one axis are 0 where the interpolation is linear.
      const size = Math.max(...now[part].map(Math.abs)) || 1;
      return [part, now[part].map(() => rng.normal() / size)];
    }),
  ) as Record<Part, number[]>;
  const moved = points.map(point => [...point]);
  const loss = (): number => {
    const parts = oracle(testCase, place, values, moved);
    return PARTS.reduce((a, part) => a + parts[part].reduce((s, v, i) => s + v * (weights[part][i] as number), 0), 0);
  };
  const differences = (array: Float64Array | number[]): number[] =>
    sampled(array).map((_, i) => centralDifference(array, i * strideOf(array), { step: STEP, of: loss }));
  return {
    weights,
    expected: new Map([
      ...Object.entries(values).map(([name, array]) => [name, differences(array)] as const),
      [COORDS, sampled(moved.flatMap(differences))],
    ]),
  };
};

const reference = (testCase: Case, place: Place, values: Record<string, Float64Array>): Reference => {
  const key = `${testCase.name} ${place.place}`;
  const found = references.get(key) ?? computeReference(testCase, place, values);
  references.set(key, found);
  return found;
};

/** The exported kinds of encodings without a case. */
export const encodingsWithoutCase = (): string[] =>
  encodings.map(({ kind }) => kind).filter(kind => !cases.some(({ spec }) => spec.kind === kind));

/** Options of the contract on a backend. */
export interface EncodingContractOptions {
  /** A factor on the tolerances; the caller states the reason. */
  readonly slack?: number;
  /** Whether encodings are tested on features alone, not on coordinates too: emulated graphics cards are slow. */
  readonly onFeaturesAlone?: boolean;
}

/**
 * Declares the tests of all encodings on a backend.
 *
 * @param backend must be registered already
 */
export const encodingContract = (
  backend: string,
  { slack = 1, onFeaturesAlone = false }: EncodingContractOptions = {},
): void => {
  const tested = places.filter(({ index }) => index === 1 || !onFeaturesAlone);
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
      it.each(tested)('has the jet of its formula $place', async place => {
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

      it.each(tested)('backpropagates a loss on its jet to parameters and coordinates $place', async place => {
        const field = createField(specOf(testCase, place), { seed: 3, extensions });
        const { weights, expected } = reference(testCase, place, await valuesOf(field));
        const coords = tensor2d(points);
        const names = Object.keys(field.parameters);
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
        for (const [index, name] of [...names, COORDS].entries())
          expectCloseInNorm(
            sampled(await read(grads[index] as Tensor)),
            expected.get(name) as number[],
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
