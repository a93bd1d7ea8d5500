/**
 * @file The contract of every activation on every backend: one suite that loops over definitions and compares them with
 *   the float64 oracle.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activationDerivatives,
  activationParameterDerivatives,
  type OracleActivation,
  oracleActivationKinds,
} from './activation-oracle.ts';
import { FLOAT32_ROUNDOFF, maxAbsolute } from './tolerance.ts';

/** The part of a tensor that the suite uses. */
export interface ContractTensor {
  readonly shape: readonly number[];
  data(): Promise<ArrayLike<number>>;
}

/** The part of an activation's definition that the suite uses, such as core's `ActivationDefinition`. */
export interface ContractActivation<T> {
  /** The kind of the activation in the oracle. */
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
  /**
   * The absolute error of the backend's sin and cos on [-pi, pi], if it exceeds rounding: WGSL guarantees only 2^-11
   * (W3C, "WebGPU Shading Language", section "Floating point accuracy"), which webgl drivers also show. 0 if absent.
   */
  readonly sineError?: number;
  /** 1 if the definitions are those of the derivatives s' of the activations s of their kinds; 0 if absent. */
  readonly derivative?: 0 | 1;
  /**
   * False if the backend's exp does not propagate NaN, as shaders need not: the test is then skipped. True if absent.
   */
  readonly keepsNaN?: boolean;
}

/**
 * The error allowed to the k-th derivative at x is ROUNDOFFS * 2^-24 * (size_k + |x s^(k+1)(x)|), where size_k is the
 * largest |s^(k)| on [-6, 6]: that of about ten float32 operations with results of this size, plus the effect of
 * changing x by as many roundoffs. The latter is the cost of rounding a phase omega x.
 */
const ROUNDOFFS = 24;

/**
 * The phase of these is meaningful only while float32 resolves x within a period; beyond that the true value cannot be
 * computed in float32.
 */
const periodic: readonly string[] = ['sine', 'exp-sin', 'finer'];

/** Values that are exact in float32, different from the defaults and on both sides of 1. */
const parameterSets = <T>(definition: ContractActivation<T>): Readonly<Record<string, number>>[] => {
  const names = Object.keys(definition.parameters);
  if (names.length === 0) return [{}];
  return [
    definition.parameters,
    ...[0.375, 2.5].map((value, i) => Object.fromEntries(names.map((name, j) => [name, value + (i + j) / 8]))),
  ];
};

/** At and near 0, where relu, prelu, laplace and finer have their kink; the oracle uses the stated convention at 0. */
const NEAR_ZERO = [0, 1e-3, -1e-3, 1e-8, -1e-8, 1e-20, -1e-20];
const FAR = [1e2, -1e2, 1e4, -1e4];
/**
 * Squares of these overflow, and so does 2.5 times the last: a definition with a finite value there must not be
 * affected.
 */
const FARTHEST = [1e19, -1e19, 1e30, -1e30, 3e38, -3e38];

/** 400 points on [-6, 6], multiples of 6 / 2^20. */
const NEAR: readonly number[] = fc
  .sample(fc.integer({ min: -(2 ** 20), max: 2 ** 20 }), { numRuns: 400, seed: 7 })
  .map(i => Math.fround((6 * i) / 2 ** 20));

/** The expected values of all orders at a point, one more than is checked. */
type Truth = (x: number) => number[];

/** The largest magnitude of each order on `NEAR`, computed on first use. */
const sizesOf = (truth: Truth): (() => number[]) => {
  let sizes: number[] | undefined;
  return () => {
    const rows = sizes ? [] : NEAR.map(truth);
    sizes ??= (rows[0] as number[]).map((_, k) => maxAbsolute(rows.map(row => row[k] as number)));
    return sizes;
  };
};

/**
 * The effect of an error of 1 in sin and cos on derivative k: at most its size, which beyond [-6, 6] may grow as x^(k +
 * 2) (the derivative of finer by omega).
 */
const sineFactor = (x: number, k: number, size: number): number => size * Math.max(1, Math.abs(x) / 6) ** (k + 2);

interface Checked {
  readonly k: number;
  readonly size: number;
  readonly sineError: number;
  readonly label: string;
}

/** Compares derivative k at all points. */
const check = (
  actual: ArrayLike<number>,
  rows: readonly number[][],
  points: Float32Array,
  { k, size, sineError, label }: Checked,
): void => {
  for (const [i, x] of points.entries()) {
    const [got, wanted, next] = [actual[i], rows[i]?.[k], rows[i]?.[k + 1]] as [number, number, number];
    const allowed = ROUNDOFFS * FLOAT32_ROUNDOFF * (size + Math.abs(x * next)) + sineError * sineFactor(x, k, size);
    // The second alternative: beyond the largest float32 the expected value is infinite.
    if (!(Math.abs(got - wanted) <= allowed || Math.fround(wanted) === got))
      throw new Error(
        `${label} at x = ${x}: wanted ${wanted}, got ${got}, off by ${Math.abs(got - wanted)}, allowed ${allowed}`,
      );
  }
};

/**
 * Declares the suite; call it inside a `describe` of the backend.
 *
 * It compares s ... s''' and the derivatives of s, s', s'' by parameters with the float64 oracle: at random points, at
 * and around kinks, and at large values where float32 can represent the result. It also checks that orders are
 * consistent, shapes, empty inputs and NaN.
 */
export const activationContract = <T extends ContractTensor>({
  definitions,
  tensor,
  sineError = 0,
  derivative = 0,
  keepsNaN = true,
}: ActivationContractOptions<T>): void => {
  const scalars = (values: Readonly<Record<string, number>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensor(Float32Array.of(value), [])]));
  const vector = (values: readonly number[]): { x: T; points: Float32Array } => {
    const points = Float32Array.from(values);
    return { x: tensor(points, [points.length]), points };
  };

  it('the oracle has every definition', () => {
    expect(definitions.length).toBeGreaterThan(0);
    for (const { kind } of definitions) expect(oracleActivationKinds).toContain(kind);
  });

  describe.each(definitions.map(definition => [definition.kind, definition] as const))('%s', (kind, definition) => {
    const kindSineError = periodic.includes(kind) ? sineError : 0;
    const groups = {
      near: NEAR,
      'about 0': NEAR_ZERO,
      far: FAR,
      ...(!periodic.includes(kind) && { farthest: FARTHEST }),
    };

    describe.each(parameterSets(definition))('with %o', values => {
      const oracle: OracleActivation = { ...values, kind };
      const truth: Truth = x => activationDerivatives(oracle, x, 4 + derivative).slice(derivative);
      const sizes = sizesOf(truth);

      it.each(Object.entries(groups))("has s, s', s'', s''' of the oracle: %s", async (_group, at) => {
        const { x, points } = vector(at);
        const rows = Array.from(points, truth);
        const results = definition.derivatives(x, scalars(values), 3);
        expect(results).toHaveLength(4);
        for (const [k, result] of results.entries())
          check(await result.data(), rows, points, {
            k,
            size: sizes()[k] as number,
            sineError: kindSineError,
            label: `${kind}: derivative ${k}`,
          });
      });

      describe.each(Object.keys(values))('by %s', name => {
        const truthByName: Truth = x =>
          activationParameterDerivatives(oracle, name, x, 3 + derivative).slice(derivative);
        const sizesByName = sizesOf(truthByName);

        it.each(Object.entries(groups))("has the derivatives of s, s', s'' of the oracle: %s", async (_group, at) => {
          const { x, points } = vector(at);
          const parameters = scalars(values);
          const rows = Array.from(points, truthByName);
          const s = definition.derivatives(x, parameters, 3);
          for (const order of [1, 2, 3]) {
            const results = definition.parameterDerivatives?.(name, x, parameters, s.slice(0, order + 1)) ?? [];
            expect(results).toHaveLength(order);
            for (const [k, result] of results.entries()) {
              expect(result.shape).toEqual(x.shape);
              check(await result.data(), rows, points, {
                k,
                size: sizesByName()[k] as number,
                sineError: kindSineError,
                label: `${kind}: derivative ${k} by ${name}`,
              });
            }
          }
        });
      });
    });

    it('returns the same derivatives for every order, in the shape of x', async () => {
      const x = tensor(Float32Array.from(NEAR.slice(0, 24)), [2, 3, 4]);
      const parameters = scalars(definition.parameters);
      const all = await Promise.all(definition.derivatives(x, parameters, 3).map(result => result.data()));
      for (const order of [0, 1, 2] as const) {
        const results = definition.derivatives(x, parameters, order);
        expect(results).toHaveLength(order + 1);
        for (const [k, result] of results.entries()) {
          expect(result.shape).toEqual([2, 3, 4]);
          expect(Array.from(await result.data())).toEqual(Array.from(all[k] as ArrayLike<number>));
        }
      }
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

    // Derivatives may be constant, and of any size.
    if (derivative > 0) return;

    it.skipIf(!keepsNaN)(
      keepsNaN ? 'propagates NaN' : 'propagates NaN (skipped: exp of this backend loses it)',
      async () => {
        const [s] = definition.derivatives(
          tensor(Float32Array.of(Number.NaN, 0), [2]),
          scalars(definition.parameters),
          3,
        );
        const values = await (s as T).data();
        expect(values[0]).toBeNaN();
        expect(values[1]).not.toBeNaN();
      },
    );

    if (periodic.includes(kind))
      it('stays bounded while the phase is finite', async () => {
        // At 1e30 the spacing of float32 numbers is 7e22: the phase is noise, but its sine must still be at most 1.
        const { x } = vector(kind === 'finer' ? [1e15, -1e15] : [1e30, -1e30]);
        const [s] = definition.derivatives(x, scalars(definition.parameters), 0);
        const bound = kind === 'exp-sin' ? Math.E : 1;
        for (const value of Array.from(await (s as T).data()))
          expect(Math.abs(value)).toBeLessThanOrEqual(bound * (1 + FLOAT32_ROUNDOFF * 4 + sineError));
      });
  });
};
