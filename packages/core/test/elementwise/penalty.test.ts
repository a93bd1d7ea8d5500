import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '../../src/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as e from '../../src/elementwise.ts';

const cauchy = (c: number): e.Penalty =>
  e.definePenalty({ kind: 'cauchy', parameters: { c }, value: (x, p) => e.log(e.add(1, e.square(e.div(x, p.c)))) });

/** Each with its value and its first derivative in float64; the points include kinks. */
const cases: readonly (readonly [e.Penalty, (x: number) => number, (x: number) => number])[] = [
  [e.squared, x => x ** 2, x => 2 * x],
  [e.absolute, Math.abs, Math.sign],
  [
    e.huberPenalty(0.5),
    x => (Math.abs(x) <= 0.5 ? x ** 2 / 2 : 0.5 * (Math.abs(x) - 0.25)),
    x => Math.max(-0.5, Math.min(0.5, x)),
  ],
  [e.charbonnierPenalty(0.25), x => Math.hypot(x, 0.25), x => x / Math.hypot(x, 0.25)],
  [cauchy(2), x => Math.log1p((x / 2) ** 2), x => (2 * x) / (4 + x ** 2)],
];
const points = [-3, -0.5, -0.125, 0, 1e-7, 0.5, 2];

const close = (got: number, wanted: number): void =>
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(4 * 2 ** -24 * Math.max(Math.abs(wanted), 1e-3));

describe.each(cases.map(each => [each[0].kind, ...each] as const))('the penalty %s', (_kind, penalty, value, slope) => {
  it('has the value and the first derivative in float64', () => {
    const { value: size, firstDerivative: derivative } = penalty.expressions;
    const program = e.linearise([size, derivative], Object.keys(penalty.parameters));
    for (const at of points) {
      const [got, steep] = e.evaluateScalar(program, at, penalty.parameters) as [number, number];
      expect(got).toBeCloseTo(value(at), 12);
      expect(steep).toBeCloseTo(slope(at), 12);
    }
  });

  describe.each(['cpu', 'wasm'])('on %s', backend => {
    beforeAll(async () => {
      await tf.setBackend(backend);
      await tf.ready();
    });

    it('has the value and the gradient on tensors of any shape', () => {
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const errors = tf.tensor2d(points.slice(0, 6), [2, 3]);
        const { value: total, grad } = tf.valueAndGrad(x => tf.sum(tf.mul(e.penalise(penalty, x), 3)))(errors);
        const losses = e.penalise(penalty, errors);
        expect(losses.shape).toEqual([2, 3]);
        for (const [i, got] of losses.dataSync().entries()) close(got, value(points[i] as number));
        for (const [i, got] of grad.dataSync().entries()) close(got, 3 * slope(points[i] as number));
        expect(total.shape).toEqual([]);
      });
      expect(tf.memory().numTensors).toBe(before);
    });

    it('accepts empty tensors', () => expect(e.penalise(penalty, tf.zeros([0, 2])).shape).toEqual([0, 2]));
  });
});

describe('definePenalty', () => {
  it('rejects a parameter that is not a finite number, or not declared', () => {
    expect(() => cauchy(Number.NaN)).toThrow(new RangeError('cauchy: c must be a finite number, got NaN'));
    expect(() => e.definePenalty({ kind: 'own', value: x => e.mul(e.parameter('b'), x) })).toThrow(
      new RangeError("unknown parameter 'b' in a formula; known: none"),
    );
    expect(() => e.huberPenalty(0)).toThrow('huberPenalty: delta must be a positive number, got 0');
    expect(() => e.charbonnierPenalty(-1)).toThrow('charbonnierPenalty: epsilon must be a positive number, got -1');
  });
});
