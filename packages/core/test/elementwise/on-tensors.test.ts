import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as e from '../../src/elementwise.ts';
import { smoothFormulas, treeValue } from './arbitrary.ts';

const { argument: x } = e;
const points = [-2.5, -1, -0.25, 0, 0.5, 1, 3];

describe.each(['cpu', 'wasm'])('programs on tensors of %s', backend => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    await tf.ready();
  });

  const run = (formulas: readonly e.Expression[]): number[][] =>
    tf.tidy(() =>
      e
        .evaluateTensors(e.linearise(formulas, ['p']), { x: tf.tensor1d(points), parameters: { p: tf.scalar(0.75) } })
        .map(tensor => Array.from(tensor.dataSync())),
    );

  it('evaluate the formulas', () => {
    fc.assert(
      fc.property(smoothFormulas, formula => {
        for (const [i, value] of (run([formula])[0] as number[]).entries()) {
          const wanted = treeValue(formula, points[i] as number, 0.75);
          expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-4 * (1 + Math.abs(wanted)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['abs', e.abs(x)],
    ['sign', e.sign(e.mul(x, 1e-12))],
    ['floor', e.floor(x)],
    ['min', e.min(x, 0.5)],
    ['max', e.max(x, 0.5)],
    ['max with 0', e.max(x, 0)],
    ['greater', e.greater(x, 0.5)],
    ['greater than 0', e.greater(x, 0)],
    ['a product of conditions', e.select(e.mul(e.greater(x, 0), e.greater(1, x)), x, 7)],
    ['select', e.select(e.greater(x, 0.5), 1, e.neg(x))],
    ['select of parameters', e.select(e.greater(x, 0.5), e.parameter('p'), 2)],
  ])('support %s', (_name, formula) => {
    expect(run([formula])[0]?.map(value => value + 0)).toEqual(
      points.map(at => Math.fround(treeValue(formula, at, 0.75)) + 0),
    );
  });

  it('broadcast uniform results, and return new tensors', () => {
    const p = e.parameter('p');
    const formulas = [x, x, e.constant(0), e.constant(2), p, e.neg(p), e.sin(x), e.sin(x)];
    const tensor = tf.tensor2d(points.slice(0, 6), [2, 3]);
    const parameters = { p: tf.scalar(0.75) };
    const before = tf.memory().numTensors;
    const results = e.evaluateTensors(e.linearise(formulas, ['p']), { x: tensor, parameters });
    expect(tf.memory().numTensors).toBe(before + formulas.length);
    expect(new Set([tensor, parameters.p, ...results]).size).toBe(formulas.length + 2);
    for (const result of results) expect(result.shape).toEqual([2, 3]);
    expect(results.slice(2, 6).map(result => result.dataSync()[5])).toEqual([0, 2, 0.75, -0.75]);
    tf.dispose([tensor, parameters, results]);
  });

  it('compute only the requested results, from known ones', () => {
    const program = e.linearise([e.exp(x), e.mul(2, e.exp(x)), e.log(x)]);
    const [tensor, known] = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20])];
    const results = e.evaluateTensors(program, { x: tensor, parameters: {}, known: [known], from: 1, to: 2 });
    expect(results.map(result => Array.from(result.dataSync()))).toEqual([[20, 40]]);
    tf.dispose([tensor, known, results]);
  });
});
