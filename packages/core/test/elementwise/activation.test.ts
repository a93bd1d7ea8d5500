/**
 * @file Custom activations defined by their value alone, with derivatives by rule. They must match those with closed
 *   forms.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { activationContract } from '@neural-fields/testing/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import * as e from '../../src/elementwise.ts';

const { defineActivation } = e;

const byValue = [
  defineActivation({ kind: 'tanh', value: e.tanh }),
  defineActivation({ kind: 'sigmoid', value: e.sigmoid }),
  defineActivation({ kind: 'softplus', value: e.softplus }),
  defineActivation({ kind: 'silu', value: x => e.mul(x, e.sigmoid(x)) }),
  defineActivation({ kind: 'sine', parameters: { omega: 1 }, value: (x, { omega }) => e.sin(e.mul(omega, x)) }),
  defineActivation({ kind: 'exp-sin', parameters: { a: 1 }, value: (x, { a }) => e.exp(e.neg(e.sin(e.mul(a, x)))) }),
  defineActivation({
    kind: 'finer',
    parameters: { omega: 1 },
    value: (x, { omega }) => e.sin(e.mul(omega, e.mul(e.add(e.abs(x), 1), x))),
  }),
  defineActivation({
    kind: 'prelu',
    parameters: { a: 0.25 },
    value: (x, { a }) => e.select(e.greater(x, 0), x, e.mul(a, x)),
  }),
];

describe.each(['cpu', 'wasm'])('activations defined by their value alone, on %s', backend => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    await tf.ready();
  });
  activationContract({ definitions: byValue, tensor: (values, shape) => tf.tensor(values, [...shape], 'float32') });
});

describe('defineActivation', () => {
  it('supports learned parameters if it has parameters', () => {
    expect(defineActivation({ kind: 'own', value: e.tanh }).parameterDerivatives).toBeUndefined();
    const own = defineActivation({
      kind: 'own',
      parameters: { a: 1, b: 2 },
      value: (x, { a, b }) => e.tanh(e.mul(e.mul(a, b), x)),
    });
    expect(Object.keys(own.expressions?.byParameter ?? {})).toEqual(['a', 'b']);
    expect(own.parameterDerivatives).toBeDefined();
  });

  it('rejects a formula with an undeclared parameter', () => {
    expect(() => defineActivation({ kind: 'own', value: x => e.mul(e.parameter('b'), x) })).toThrow(
      new RangeError("unknown parameter 'b' in a formula; known: none"),
    );
  });
});
