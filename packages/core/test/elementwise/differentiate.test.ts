import { taylorAlgebra } from '@neural-fields/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { successiveDerivatives } from '../../src/elementwise/differentiate.ts';
import * as e from '../../src/elementwise.ts';
import { smoothFormulas, taylorValue, treeValue } from './arbitrary.ts';

const { argument: x } = e;
const numbers = fc.integer({ min: -24, max: 24 }).map(i => i / 8 + 0.03125);

describe('derivatives by rule', () => {
  it('match Taylor arithmetic, with respect to x up to order 3 and to a parameter', () => {
    fc.assert(
      fc.property(smoothFormulas, numbers, numbers, (formula, at, parameter) => {
        const t = taylorAlgebra(2, 4);
        const truth = taylorValue(t, formula, t.variable(0, at), t.variable(1, parameter));
        for (const [k, derivative] of successiveDerivatives(formula, 3).entries()) {
          const byParameter = e.differentiate(derivative, e.parameter('p'));
          for (const [expression, orders] of [
            [derivative, [k, 0]],
            [byParameter, [k, 1]],
          ] as const) {
            const [got, wanted] = [treeValue(expression, at, parameter), t.derivative(truth, orders)];
            expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-8 * (1 + Math.abs(wanted)));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['abs', e.abs(x), [-1, 0, 1]],
    ['sign', e.sign(x), [0, 0, 0]],
    ['floor', e.floor(x), [0, 0, 0]],
    ['greater', e.greater(x, 0), [0, 0, 0]],
    ['max(x, 0)', e.max(x, 0), [0, 0, 1]],
    ['min(x, 0)', e.min(x, 0), [1, 0, 0]],
    ['clip at its lower end', e.clip(x, 0, 2), [0, 0, 1]],
    ['clip at its upper end', e.clip(x, -2, 0), [1, 0, 0]],
    ['select', e.select(e.greater(x, 0), x, e.mul(x, 0.25)), [0.25, 0.25, 1]],
  ])('of %s have the documented value at the kink 0', (_name, formula, wanted) => {
    const derivative = e.differentiate(formula);
    expect([-1, 0, 1].map(at => treeValue(derivative, at, 0))).toEqual(wanted);
  });

  it('do not cancel where a sigmoid is near 1', () => {
    const slope = treeValue(e.differentiate(e.sigmoid(x)), 50, 0);
    expect(Math.abs(slope / Math.exp(-50) - 1)).toBeLessThan(1e-15);
  });

  it('collect everything that is the same for all elements in one factor', () => {
    const omega = e.parameter('omega');
    const [, , second] = successiveDerivatives(e.sin(e.mul(omega, x)), 2) as [unknown, unknown, e.Expression];
    const { uniforms, instructions } = e.linearise([second], ['omega']);
    expect(uniforms.map(({ op }) => op)).toEqual(['neg', 'mul']);
    expect(instructions.map(({ op }) => op)).toEqual(['mul', 'sin', 'mul']);
  });
});
