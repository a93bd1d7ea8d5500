import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as e from '../../src/elementwise.ts';
import { anyFormulas, treeValue } from './arbitrary.ts';

const { argument: x, constant } = e;
const a = e.parameter('a');

describe('expressions', () => {
  it('fold constants', () => {
    expect(e.add(1, 2)).toEqual(constant(3));
    expect(e.softplus(0)).toEqual(constant(Math.LN2));
    expect(e.select(e.greater(2, 1), x, a)).toBe(x);
    expect(e.clip(7, -1, 1)).toEqual(constant(1));
  });

  it('drop zeros, ones and double negations', () => {
    expect(e.add(x, 0)).toBe(x);
    expect(e.sub(x, 0)).toBe(x);
    expect(e.sub(0, x)).toEqual(e.neg(x));
    expect(e.mul(1, x)).toBe(x);
    expect(e.mul(x, 0)).toEqual(constant(0));
    expect(e.mul(-1, x)).toEqual(e.neg(x));
    expect(e.div(x, 1)).toBe(x);
    expect(e.neg(e.neg(x))).toBe(x);
    expect(e.add(x, e.neg(a))).toEqual(e.sub(x, a));
    expect(e.sub(x, e.neg(a))).toEqual(e.add(x, a));
    expect(e.select(e.greater(x, 0), 1, 0)).toEqual(e.greater(x, 0));
    expect(e.select(e.greater(x, 0), a, a)).toBe(a);
  });

  it('are immutable', () => {
    expect(() => Object.assign(e.add(x, a), { op: 'sub' })).toThrow(TypeError);
  });

  it('give sign(0) = 0, and neither sigmoid nor softplus overflows', () => {
    const at = (formula: e.Expression, value: number): number => treeValue(formula, value, 0);
    expect(at(e.sign(x), 0)).toBe(0);
    expect([-1e4, 1e4].map(value => at(e.sigmoid(x), value))).toEqual([0, 1]);
    expect([-1e4, 1e4].map(value => at(e.softplus(x), value))).toEqual([0, 1e4]);
    expect(at(e.greater(x, 0), 0)).toBe(0);
  });

  it('are finite for moderate arguments, as the tests of this folder require', () => {
    fc.assert(
      fc.property(anyFormulas, fc.double({ min: -3, max: 3, noNaN: true }), (formula, value) => {
        expect(treeValue(formula, value, 0.7)).not.toBeNaN();
      }),
    );
  });
});
