/** @file Elementary functions in the kernels, held to float64; the bounds are those of kernels-wasm. */
import { createRng } from '@neural-fields/core';
import {
  cos,
  defineActivation,
  type Expression,
  exp,
  floor,
  log,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  tanh,
} from '@neural-fields/core/elementwise';
import {
  type ElementwiseFunction,
  type FieldBackend,
  fieldBackend,
  type KernelProgram,
} from '@neural-fields/core/kernels';
import { type ActivationDefinition, coreActivations } from '@neural-fields/core/layers';
import { expectClose, FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { backend as current } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { NativeBackend } from '../src/index.ts';
import { onEachInstructionSet } from './native-backend.ts';

/** A function of each number, by the kernels. */
const apply = (
  definition: ActivationDefinition,
  parameters: ElementwiseFunction['parameters'],
  x: Float32Array,
): Float32Array => {
  const backend = current() as NativeBackend;
  const program: KernelProgram = {
    shape: { inFeatures: 1, order: 0 },
    inputs: [{ features: 1, kind: 'coords' }],
    operations: [{ kind: 'elementwise', inputs: [0], outFeatures: 1, activation: { definition, parameters } }],
    outFeatures: 1,
    parameterCount: 0,
  };
  const compiled = (fieldBackend('native') as FieldBackend).compile(program, backend);
  const coords = backend.makeTensorInfo([x.length, 1], 'float32', x);
  const none = backend.makeTensorInfo([0], 'float32', new Float32Array(0));
  const [y] = compiled?.forward([coords], none) ?? [];
  return backend.valuesOf(y as NonNullable<typeof y>);
};

const ofFormula =
  (value: (x: Expression) => Expression) =>
  (x: Float32Array): Float32Array =>
    apply(defineActivation({ kind: 'any', value }), [], x);

const sineActivation = coreActivations.find(({ kind }) => kind === 'sine') as ActivationDefinition;

const waves = [
  {
    name: 'the sine activation',
    of: (x: Float32Array) => apply(sineActivation, [{ name: 'omega', value: 1, initial: 1 }], x),
    exact: Math.sin,
  },
  { name: 'sin', of: ofFormula(sin), exact: Math.sin },
  { name: 'cos', of: ofFormula(cos), exact: Math.cos },
];

onEachInstructionSet(() => {
  it.each(waves)('$name is right to 1.2e-7 up to 1,200', ({ of, exact }) => {
    const rng = createRng(3);
    const x = Float32Array.from({ length: 300_001 }, (_, i) => (i < 3 ? i * 0 : (2 * rng.uniform() - 1) * 1200));
    expectClose(of(x), Float64Array.from(x, exact), { absolute: 1.2e-7 });
  });

  it.each(waves)('$name takes every float32 number', ({ of, exact }) => {
    const x = Float32Array.of(0, -0, 1e-30, 16_383, 16_385, -1e6, 1e10, 3e38, Infinity, -Infinity, Number.NaN);
    expectClose(of(x), Float64Array.from(x, exact), { absolute: 2e-6 });
  });

  it.each([
    { name: 'exp', of: exp, exact: Math.exp, reach: 87 },
    { name: 'tanh', of: tanh, exact: Math.tanh, reach: 10 },
    { name: 'sigmoid', of: sigmoid, exact: (x: number) => 1 / (1 + Math.exp(-x)), reach: 80 },
    { name: 'softplus', of: softplus, exact: (x: number) => Math.log1p(Math.exp(x)), reach: 80 },
  ])('$name is right to eight roundings', ({ of, exact, reach }) => {
    const rng = createRng(4);
    const x = Float32Array.from({ length: 300_001 }, (_, i) => (i % 2 === 0 ? reach : 1) * (2 * rng.uniform() - 1));
    expectClose(ofFormula(of)(x), Float64Array.from(x, exact), { relative: 8 * FLOAT32_ROUNDOFF });
  });

  it.each([
    { name: 'exp', of: exp, limits: [0, 0, Infinity, Infinity] },
    { name: 'tanh', of: tanh, limits: [-1, -1, 1, 1] },
    { name: 'sigmoid', of: sigmoid, limits: [0, 0, 1, 1] },
    { name: 'softplus', of: softplus, limits: [0, 0, 1000, Infinity] },
  ])('$name has its limits', ({ of, limits }) => {
    expect([...ofFormula(of)(Float32Array.of(-Infinity, -1000, 1000, Infinity, Number.NaN))]).toEqual([
      ...limits,
      Number.NaN,
    ]);
  });

  it('log is right to four roundings of the larger of its result and 1, and takes denormal numbers as 0', () => {
    const rng = createRng(5);
    const x = Float32Array.from({ length: 300_001 }, (_, i) =>
      i % 2 === 0 ? 2 ** (235 * rng.uniform() - 125) : 0.5 + rng.uniform(),
    );
    const bound = { relative: 4 * FLOAT32_ROUNDOFF, absolute: 4 * FLOAT32_ROUNDOFF };
    expectClose(ofFormula(log)(x), Float64Array.from(x, Math.log), bound);
    expect([...ofFormula(log)(Float32Array.of(0, 1e-40, -1, Infinity, Number.NaN))]).toEqual([
      -Infinity,
      -Infinity,
      Number.NaN,
      Infinity,
      Number.NaN,
    ]);
  });

  it('results below the normal numbers are 0, and JavaScript keeps its own', async () => {
    expect([...ofFormula(exp)(Float32Array.of(-86, -88))]).toEqual([expect.closeTo(Math.exp(-86), 42), 0]);
    expect(Float32Array.of(1e-40)[0]! * 0.5).toBeGreaterThan(0);
  });

  it('sqrt, floor and sign are exact', () => {
    const rng = createRng(6);
    const spread = Float32Array.from({ length: 100_001 }, (_, i) => (2 * rng.uniform() - 1) * 2 ** ((i % 60) - 30));
    const x = Float32Array.of(
      ...[0, -1, 1, 8_388_609, -8_388_607.5, 3e38, -3e38, Infinity, -Infinity, Number.NaN],
      ...spread,
    );
    const same = (actual: Float32Array, expected: Float32Array): void =>
      expect([...actual].map(value => value + 0)).toEqual([...expected].map(value => value + 0));
    same(ofFormula(floor)(x), x.map(Math.floor));
    same(ofFormula(sign)(x), x.map(Math.sign));
    same(ofFormula(sqrt)(x.map(Math.abs)), x.map(Math.abs).map(Math.sqrt));
  });
});
