/** @file Tangents of activations with respect to their parameters, against Taylor arithmetic in float64. */
import { activate, maxAbsolute, taylorAlgebra } from '@neural-fields/testing';
import { describe, expect, it } from 'vitest';
import { coreActivations } from '../../src/activations/index.ts';
import { parameterTangentOf, tangentName } from '../../src/elementwise/tangent.ts';
import type { Expression } from '../../src/elementwise.ts';
import { evaluateScalar, linearise } from '../../src/elementwise.ts';

/** Away from the kinks at 0. */
const points = Array.from({ length: 64 }, (_, i) => (i - 31.5) / 8);

const learned = coreActivations.filter(({ parameters }) => Object.keys(parameters).length > 0);

describe.each(learned)('the tangent of $kind by its parameters', definition => {
  const names = Object.keys(definition.parameters);
  const values = Object.fromEntries(names.map((name, i) => [name, 0.8 + i / 2]));
  const moved = Object.fromEntries(names.map((name, i) => [name, 0.7 - 1.9 * i]));
  const all = { ...values, ...Object.fromEntries(names.map(name => [tangentName(name), moved[name] as number])) };
  const tangent = parameterTangentOf(definition, names);

  /** d^k/dx^k d/de of s(x; p + e p'), differentiated by p if given. */
  const truth = (x: number, k: number, by?: string): number => {
    const t = taylorAlgebra(3, 5);
    const parameters = (name: string) => {
      const value = t.add(t.constant(values[name] as number), t.scale(t.variable(1, 0), moved[name] as number));
      return name === by ? t.add(value, t.variable(2, 0)) : value;
    };
    return t.derivative(activate(t, { kind: definition.kind }, t.variable(0, x), { parameters }), [k, 1, by ? 1 : 0]);
  };

  const expectFormula = (formula: Expression, wanted: (x: number) => number): void => {
    const program = linearise([formula], Object.keys(tangent.parameters));
    const expected = points.map(wanted);
    const size = Math.max(1, maxAbsolute(expected));
    for (const [i, x] of points.entries())
      expect(
        Math.abs((evaluateScalar(program, x, all)[0] as number) - (expected[i] as number)),
        `at ${x}`,
      ).toBeLessThan(1e-11 * size);
  };

  it('has all derivatives with respect to x', () => {
    for (const [k, formula] of (tangent.expressions?.derivatives ?? []).entries())
      expectFormula(formula, x => truth(x, k));
    expect(tangent.expressions?.derivatives).toHaveLength(4);
  });

  it.each(names)('has the derivatives with respect to %s', name => {
    for (const [k, formula] of (tangent.expressions?.byParameter[name] ?? []).entries())
      expectFormula(formula, x => truth(x, k, name));
    expect(tangent.expressions?.byParameter[name]).toHaveLength(3);
  });

  it('is memoized', () => {
    expect(parameterTangentOf(definition, names)).toBe(tangent);
  });
});

it('rejects activations in tfjs ops', () => {
  const { expressions: _, ...plain } = learned[0] as (typeof learned)[number];
  expect(() => parameterTangentOf(plain, ['a'])).toThrow(TypeError);
});
