/**
 * @file The formulas of core's activations in float64, to test them independently of rounding; the contract suite tests
 *   their float32 accuracy.
 */
import { activationDerivatives, activationParameterDerivatives, maxAbsolute } from '@neural-fields/testing';
import { describe, expect, it } from 'vitest';
import { coreActivations } from '../../src/activations/index.ts';
import { evaluateScalar, linearise } from '../../src/elementwise.ts';

/** Including the kinks at 0. */
const points = Array.from({ length: 129 }, (_, i) => (i - 64) / 12);

const expectFormulas = (
  formulas: Parameters<typeof linearise>[0],
  values: Record<string, number>,
  truth: (x: number) => number[],
): void => {
  const program = linearise(formulas, Object.keys(values));
  const wanted = points.map(truth);
  const got = points.map(x => evaluateScalar(program, x, values));
  for (const k of formulas.keys()) {
    const size = Math.max(1, maxAbsolute(wanted.map(row => row[k] as number)));
    for (const [i, x] of points.entries())
      expect(Math.abs((got[i]?.[k] as number) - (wanted[i]?.[k] as number)), `derivative ${k} at ${x}`).toBeLessThan(
        1e-12 * size,
      );
  }
};

describe.each(coreActivations)('$kind', ({ kind, parameters, expressions }) => {
  const values = Object.fromEntries(Object.keys(parameters).map((name, i) => [name, 0.8 + i / 2]));

  it('has the derivatives of its formula', () => {
    expectFormulas(expressions?.derivatives ?? [], values, x => activationDerivatives({ ...values, kind }, x, 3));
  });

  it.each(Object.keys(parameters))('has the derivatives with respect to its parameter %s', name => {
    expectFormulas(expressions?.byParameter[name] ?? [], values, x =>
      activationParameterDerivatives({ ...values, kind }, name, x, 2),
    );
  });
});
