import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TaylorAlgebra, type TaylorNumber, taylorAlgebra } from '../src/taylor.ts';
import { expectClose } from '../src/tolerance.ts';

const FLOAT64 = { relative: 1e-12, absolute: 1e-13 };

/** `[f(x), f'(x), ..., f''''(x)]` by Taylor arithmetic. */
const derivatives = (x: number, f: (t: TaylorAlgebra, x: TaylorNumber) => TaylorNumber): number[] => {
  const t = taylorAlgebra(1, 4);
  const y = f(t, t.variable(0, x));
  return [0, 1, 2, 3, 4].map(k => t.derivative(y, [k]));
};

describe('taylorAlgebra in one variable', () => {
  const x = 0.7;
  const [s, c, e] = [Math.sin(x), Math.cos(x), Math.exp(x)];
  const th = Math.tanh(x);
  const d = 1 - th * th;

  it.each<[string, (t: TaylorAlgebra, x: TaylorNumber) => TaylorNumber, number[]]>([
    ['exp', (t, v) => t.exp(v), [e, e, e, e, e]],
    ['log', (t, v) => t.log(v), [Math.log(x), 1 / x, -1 / x ** 2, 2 / x ** 3, -6 / x ** 4]],
    ['sin', (t, v) => t.sin(v), [s, c, -s, -c, s]],
    ['cos', (t, v) => t.cos(v), [c, -s, -c, s, c]],
    [
      'sqrt',
      (t, v) => t.sqrt(v),
      [x ** 0.5, x ** -0.5 / 2, -(x ** -1.5) / 4, (3 * x ** -2.5) / 8, (-15 * x ** -3.5) / 16],
    ],
    ['1 / x', (t, v) => t.div(t.constant(1), v), [1 / x, -1 / x ** 2, 2 / x ** 3, -6 / x ** 4, 24 / x ** 5]],
    ['x^3', (t, v) => t.power(v, 3), [x ** 3, 3 * x ** 2, 6 * x, 6, 0]],
    ['x^3 by products', (t, v) => t.mul(v, t.mul(v, v)), [x ** 3, 3 * x ** 2, 6 * x, 6, 0]],
    ['tanh', (t, v) => t.tanh(v), [th, d, -2 * th * d, d * (4 - 6 * d), th * d * (24 * d - 8)]],
    ['|-x|', (t, v) => t.abs(t.scale(v, -1)), [x, 1, 0, 0, 0]],
  ])('%s has its textbook derivatives', (_name, f, expected) => {
    expectClose(derivatives(x, f), expected, FLOAT64);
  });

  it('satisfies identities at any point', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), at => {
        const one = derivatives(at, (t, v) => t.add(t.mul(t.sin(v), t.sin(v)), t.mul(t.cos(v), t.cos(v))));
        expectClose(one, [1, 0, 0, 0, 0], { absolute: 1e-12 });
        expectClose(
          derivatives(at, (t, v) => t.log(t.exp(v))),
          [at, 1, 0, 0, 0],
          { absolute: 1e-12 },
        );
        const odd = derivatives(at, (t, v) => t.add(t.tanh(v), t.tanh(t.scale(v, -1))));
        expectClose(odd, [0, 0, 0, 0, 0], { absolute: 1e-12 });
      }),
      { seed: 1 },
    );
  });

  it('approaches a kink from the given side', () => {
    const t = taylorAlgebra(1, 1);
    const zero = t.variable(0, 0);
    expect(t.derivative(t.abs(zero), [1])).toBe(1);
    expect(t.derivative(t.abs(zero, -1), [1])).toBe(-1);
  });
});

describe('taylorAlgebra in several variables', () => {
  it('has all partial derivatives of x^2 sin(y) exp(z)', () => {
    const [x, y, z] = [1.3, -0.4, 0.2];
    const t = taylorAlgebra(3, 3);
    const [tx, ty, tz] = [t.variable(0, x), t.variable(1, y), t.variable(2, z)];
    const f = t.mul(t.mul(t.mul(tx, tx), t.sin(ty)), t.exp(tz));
    const [s, c, e] = [Math.sin(y), Math.cos(y), Math.exp(z)];
    const table: [number[], number][] = [
      [[0, 0, 0], x * x * s * e],
      [[1, 0, 0], 2 * x * s * e],
      [[0, 1, 0], x * x * c * e],
      [[2, 0, 1], 2 * s * e],
      [[1, 1, 1], 2 * x * c * e],
      [[1, 2, 0], -2 * x * s * e],
      [[0, 3, 0], -x * x * c * e],
      [[3, 0, 0], 0],
    ];
    expectClose(
      table.map(([orders]) => t.derivative(f, orders)),
      table.map(([, expected]) => expected),
      FLOAT64,
    );
  });

  it('rejects a derivative beyond its order', () => {
    const t = taylorAlgebra(2, 2);
    expect(() => t.derivative(t.variable(0, 1), [2, 1])).toThrow(RangeError);
    expect(() => t.derivative(t.variable(0, 1), [1])).toThrow(RangeError);
  });
});
