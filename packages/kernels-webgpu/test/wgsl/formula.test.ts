/** @file Compares formulas of core in WGSL with float64: every operation, and an activation of a user. */
import '../setup/node.ts';
import * as e from '@neural-fields/core/elementwise';
import { FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { engine, tensor1d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { kernelsOf } from '../../src/device/kernels.ts';
import { mapTensor } from '../../src/kernels/sine-cosine.ts';
import { activationFunctions, learnedName } from '../../src/wgsl/activations.ts';
import { elementwise } from '../../src/wgsl/elementwise.ts';
import { literal, printFormulas } from '../../src/wgsl/formula.ts';
import { lines } from '../../src/wgsl/shader.ts';
import { backend, onGpu } from '../setup/gpu.ts';

onGpu();

const x = Float32Array.from({ length: 41 }, (_, i) => (i - 20) / 8);

const run = async (expression: string, declarations: readonly string[]): Promise<Float32Array> => {
  const result = mapTensor(kernelsOf(backend()), elementwise(expression, expression, declarations), tensor1d(x));
  return (await engine().makeTensorFromTensorInfo(result).data()) as Float32Array;
};

/** Compares with a formula in float64; the tolerance is relative to its largest value. */
const expectFormula = (
  got: ArrayLike<number>,
  formula: e.Expression,
  parameters: Readonly<Record<string, number>>,
): void => {
  const program = e.linearise([formula], Object.keys(parameters));
  const wanted = Array.from(x, at => e.evaluateScalar(program, at, parameters)[0] as number);
  const size = Math.max(1, ...wanted.map(Math.abs));
  for (const [i, value] of wanted.entries())
    expect(Math.abs((got[i] as number) - value), `at ${x[i]}`).toBeLessThanOrEqual(16 * FLOAT32_ROUNDOFF * size);
};

const P = -0.75;
const p = e.parameter('p');
const positive = e.add(e.square(e.argument), 0.5);

/** One formula for each operation. */
const FORMULAS: Readonly<Record<e.Operation, e.Expression>> = {
  neg: e.neg(e.argument),
  abs: e.abs(e.argument),
  sign: e.sign(e.argument),
  floor: e.floor(e.argument),
  sqrt: e.sqrt(positive),
  exp: e.exp(e.argument),
  log: e.log(positive),
  sin: e.sin(e.argument),
  cos: e.cos(e.argument),
  tanh: e.tanh(e.argument),
  sigmoid: e.sigmoid(e.argument),
  softplus: e.softplus(e.argument),
  add: e.add(p, e.argument),
  sub: e.sub(2, e.argument),
  mul: e.mul(e.argument, p),
  div: e.div(1, positive),
  min: e.min(e.argument, p),
  max: e.max(0.5, e.argument),
  greater: e.greater(e.argument, 0.5),
  select: e.select(e.greater(e.argument, p), e.argument, p),
};

const MORE: Readonly<Record<string, e.Expression>> = {
  'an operation on parameters alone': e.add(e.argument, e.mul(e.exp(e.neg(p)), e.sqrt(e.abs(p)))),
  'a condition that is also a value': e.add(
    e.greater(e.argument, 0),
    e.select(e.greater(e.argument, 0), 3, e.argument),
  ),
  'a product of conditions': e.select(e.mul(e.greater(e.argument, -1), e.greater(1, e.argument)), e.argument, 0),
  'a sine and a cosine': e.mul(e.sin(e.mul(p, e.argument)), e.cos(e.mul(p, e.argument))),
  'the argument': e.argument,
  'a constant': e.constant(-2),
  'a parameter': p,
};

describe('a formula', () => {
  it('is tested for every operation', () => expect(Object.keys(FORMULAS)).toEqual(Object.keys(e.operationArity)));

  it.each(Object.entries({ ...FORMULAS, ...MORE }))('prints %s', async (_name, formula) => {
    const { declarations, statements, results } = printFormulas([formula], ['p'], {
      argument: 'x',
      parameters: [literal(P)],
    });
    const whole = lines('fn formula(x: vec4<f32>) -> vec4<f32> {', statements, `return ${results[0]};`, '}');
    expectFormula(await run('formula(x)', [...declarations, whole]), formula, { p: P });
  });
});

/** An activation of a user with three parameters, two of them learned. */
const definition = e.defineActivation({
  kind: 'wavelet',
  parameters: { a: 2, b: 1.5, c: 0.5 },
  value: (at, { a, b, c }) => e.mul(e.sin(e.add(e.mul(a, at), c)), e.exp(e.neg(e.square(e.mul(b, at))))),
});

describe("a user's activation", () => {
  const activation = { kind: 'wavelet', parameters: { a: 2, b: 1.5, c: 0.5 }, learnable: ['a', 'c'], definition };
  const { derivatives, byParameter } = definition.expressions as e.ActivationExpressions;
  const declarations = activationFunctions(activation, { order: 3, learnedOrder: 2 });
  const call = `activate(x, ${Object.values(activation.parameters).map(literal).join(', ')})`;

  it.each([0, 1, 2, 3])('has derivative %i', async k =>
    expectFormula(await run(`${call}.s${k}`, declarations), derivatives[k] as e.Expression, activation.parameters),
  );

  it.each([0, 1, 2])('has derivative %i of those by its learned parameters', async k => {
    for (const [i, name] of activation.learnable.entries()) {
      const formula = byParameter[name]?.[k] as e.Expression;
      expectFormula(await run(`${call}.${learnedName(i, k)}`, declarations), formula, activation.parameters);
    }
  });
});
