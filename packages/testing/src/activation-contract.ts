/** @file What every activation must do, on every backend: one suite that loops over definitions and holds them to the float64 oracle. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activationDerivatives,
  activationParameterDerivatives,
  kinkConvention,
  type OracleActivation,
  oracleActivationKinds,
} from './activation-oracle.ts';
import { FLOAT32_ROUNDOFF, maxAbsolute } from './tolerance.ts';

/** What the suite needs of a tensor. */
export interface ContractTensor {
  readonly shape: readonly number[];
  data(): Promise<ArrayLike<number>>;
}

/** What the suite needs of an activation's definition; core's `ActivationDefinition` is one. */
export interface ContractActivation<T> {
  readonly kind: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly positive?: readonly string[];
  derivatives(x: T, parameters: Readonly<Record<string, T>>, order: 0 | 1 | 2 | 3): T[];
  parameterDerivatives?(parameter: string, x: T, parameters: Readonly<Record<string, T>>, values: readonly T[]): T[];
}

export interface ActivationContractOptions<T> {
  readonly definitions: readonly ContractActivation<T>[];
  /** Makes a float32 tensor on the backend under test: `(values, shape) => tf.tensor(values, [...shape])`. */
  readonly tensor: (values: Float32Array, shape: readonly number[]) => T;
}

/**
 * The error allowed to the k-th derivative at x is ROUNDOFFS * 2^-24 * (size_k + |x s^(k+1)(x)|): that of some ten float32 operations with
 * results of the size of s^(k), plus what moving x by as many roundoffs would do. The latter is what a rounded phase omega x costs.
 */
const ROUNDOFFS = 24;

/** The phase of these is only meaningful while x has digits behind the period: beyond, the true value is out of float32's reach. */
const periodic: readonly string[] = ['sine', 'expsin', 'finer'];

/** Values that are exact in float32, other than the defaults and on both sides of 1. */
const parameterSets = (definition: ContractActivation<unknown>): Readonly<Record<string, number>>[] => {
  const names = Object.keys(definition.parameters);
  if (names.length === 0) return [{}];
  return [
    definition.parameters,
    ...[0.375, 2.5].map((value, i) => Object.fromEntries(names.map((name, j) => [name, value + (i + j) / 8]))),
  ];
};

const NEAR_ZERO = [0, 1e-3, -1e-3, 1e-30, -1e-30];
const FAR = [1e2, -1e2, 1e4, -1e4];
/** Squares of these overflow. The last times 2.5 does too: a definition whose value there is finite must not care. */
const FARTHEST = [1e19, -1e19, 1e30, -1e30, 3e38, -3e38];

/** 400 points on [-6, 6], dense about 0 too. */
const nearPoints = (): number[] =>
  fc
    .sample(
      fc.double({ min: -1, max: 1, noNaN: true, noDefaultInfinity: true }).map(t => 6 * t),
      { numRuns: 200, seed: 7 },
    )
    .concat(Array.from({ length: 200 }, (_, i) => -5.97 + 0.06 * i));

const checkAll = (
  actual: ArrayLike<number>,
  rows: readonly number[][],
  points: ArrayLike<number>,
  k: number,
  label: string,
): void => {
  const size = maxAbsolute(rows.map(row => row[k] as number));
  for (const [i, row] of rows.entries()) {
    const [got, wanted, x] = [actual[i] as number, row[k] as number, points[i] as number];
    const allowed = ROUNDOFFS * FLOAT32_ROUNDOFF * (size + Math.abs(x * (row[k + 1] as number)));
    // Beyond float32's largest number the truth itself is infinite.
    if (!(Math.abs(got - wanted) <= allowed || Math.fround(wanted) === got))
      throw new Error(`${label} at x = ${x}: wanted ${wanted}, got ${got}, off by ${Math.abs(got - wanted)}, allowed ${allowed}`);
  }
};

/**
 * Declares the suite; call it inside a `describe` of the backend.
 *
 * s ... s''' and the parameters' derivatives of s, s', s'' against the float64 oracle: on random points, at and around kinks, and far out where
 * the truth can be reached; consistent orders; shapes; empty inputs; NaN.
 */
export const activationContract = <T extends ContractTensor>({ definitions, tensor }: ActivationContractOptions<T>): void => {
  const scalars = (values: Readonly<Record<string, number>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensor(Float32Array.of(value), [])]));
  const vector = (values: readonly number[]): { x: T; points: Float32Array } => {
    const points = Float32Array.from(values);
    return { x: tensor(points, [points.length]), points };
  };

  it('knows the truth of every definition', () => {
    expect(definitions.length).toBeGreaterThan(0);
    for (const { kind } of definitions) expect(oracleActivationKinds).toContain(kind);
  });

  describe.each(definitions.map(definition => [definition.kind, definition] as const))('%s', (kind, definition) => {
    const points = [...nearPoints(), ...NEAR_ZERO, ...FAR, ...(periodic.includes(kind) ? [] : FARTHEST)];

    describe.each(parameterSets(definition as ContractActivation<unknown>))('with %o', values => {
      const oracle: OracleActivation = { ...values, kind };
      // Groups of their own: the size that errors are measured by is that of the group.
      const groups = { near: nearPoints(), 'about 0': NEAR_ZERO, far: FAR, farthest: periodic.includes(kind) ? [] : FARTHEST };

      it.each(Object.entries(groups))("has s, s', s'', s''' of the oracle: %s", async (_name, at) => {
        const { x, points: rounded } = vector(at);
        const rows = Array.from(rounded, v => activationDerivatives(oracle, v, 4));
        const results = definition.derivatives(x, scalars(values), 3);
        expect(results).toHaveLength(4);
        for (const [k, result] of results.entries()) checkAll(await result.data(), rows, rounded, k, `${kind}: derivative ${k}`);
      });

      it('gives the same for every order, in the shape of x', async () => {
        const x = tensor(Float32Array.from(points.slice(0, 24)), [2, 3, 4]);
        const all = await Promise.all(definition.derivatives(x, scalars(values), 3).map(result => result.data()));
        for (const order of [0, 1, 2] as const) {
          const results = definition.derivatives(x, scalars(values), order);
          expect(results).toHaveLength(order + 1);
          for (const [k, result] of results.entries()) {
            expect(result.shape).toEqual([2, 3, 4]);
            expect(Array.from(await result.data())).toEqual(Array.from(all[k] as ArrayLike<number>));
          }
        }
      });

      it.each(Object.keys(values).flatMap(name => Object.entries(groups).map(([group, at]) => [name, group, at] as const)))(
        'has the derivatives by %s of the oracle: %s',
        async (name, _group, at) => {
          const { x, points: rounded } = vector(at);
          const parameters = scalars(values);
          const rows = Array.from(rounded, v => activationParameterDerivatives(oracle, name, v, 3));
          const s = definition.derivatives(x, parameters, 3);
          for (const order of [1, 2, 3] as const) {
            const results = definition.parameterDerivatives?.(name, x, parameters, s.slice(0, order + 1)) ?? [];
            expect(results).toHaveLength(order);
            for (const [k, result] of results.entries()) {
              expect(result.shape).toEqual(x.shape);
              checkAll(await result.data(), rows, rounded, k, `${kind}: derivative ${k} by ${name}`);
            }
          }
        },
      );
    });

    it('takes an empty input', async () => {
      const x = tensor(new Float32Array(0), [0]);
      const parameters = scalars(definition.parameters);
      const s = definition.derivatives(x, parameters, 3);
      const byParameters = Object.keys(parameters).flatMap(
        name => definition.parameterDerivatives?.(name, x, parameters, s) ?? [],
      );
      for (const result of [...s, ...byParameters]) {
        expect(result.shape).toEqual([0]);
        expect(await result.data()).toHaveLength(0);
      }
    });

    it('lets NaN through', async () => {
      const [s] = definition.derivatives(tensor(Float32Array.of(Number.NaN, 0), [2]), scalars(definition.parameters), 3);
      const [nan, zero] = await (s as T).data();
      expect(nan).toBeNaN();
      expect(zero).not.toBeNaN();
    });

    if (periodic.includes(kind))
      it('stays bounded while the phase is finite', async () => {
        // At 1e30 neighbouring float32 numbers are 7e22 apart: the phase is noise, but its sine must be one.
        const { x } = vector(kind === 'finer' ? [1e15, -1e15] : [1e30, -1e30]);
        const [s] = definition.derivatives(x, scalars(definition.parameters), 0);
        const bound = kind === 'expsin' ? Math.E : 1;
        for (const value of Array.from(await (s as T).data()))
          expect(Math.abs(value)).toBeLessThanOrEqual(bound * (1 + FLOAT32_ROUNDOFF * 4));
      });

    if (kinkConvention[kind])
      it('takes the stated side at its kink', async () => {
        const results = definition.derivatives(vector([0]).x, scalars(definition.parameters), 3);
        const actual = await Promise.all(results.map(async result => (await result.data())[0] as number));
        for (const [k, wanted] of activationDerivatives({ ...definition.parameters, kind }, 0).entries())
          expect(actual[k]).toBeCloseTo(wanted, 6);
      });
  });
};
