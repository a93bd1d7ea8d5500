/**
 * @file What somebody outside wrote runs as what core has: right to the formula in float64, and inside the kernels of
 * backends.
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import '@neural-fields/kernels-wasm';
import {
  createField,
  createRng,
  decodeField,
  encodeField,
  executionPlan,
  type Field,
  fit,
  parseSpec,
  selectBackend,
  term,
} from '@neural-fields/core';
import { PROGRAM_KERNELS, registerFieldBackend } from '@neural-fields/core/kernels';
import {
  expectCloseInNorm,
  FIELD_GRADIENT,
  FIELD_SECOND,
  FIELD_VALUE,
  type TaylorAlgebra,
  type TaylorNumber,
  taylorAlgebra,
} from '@neural-fields/testing';
import {
  addN,
  copyRegisteredKernels,
  engine,
  mul,
  ready,
  registerBackend,
  scalar,
  setBackend,
  sum,
  type Tensor,
  tensor,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { blend, cauchy, gabor, plainBackend, signs, snake } from '../src/index.ts';

const extensions = { layers: [blend, gabor], activations: [snake], initialisers: [signs] };

const dense = (outFeatures: number, activation: object): object => ({
  kind: 'dense',
  outFeatures,
  activation,
  weightInitialiser: { kind: 'signs', size: 0.5 },
  biasInitialiser: { kind: 'uniform', bound: 0.5 },
});

const spec = parseSpec(
  {
    inFeatures: 2,
    layers: [
      {
        kind: 'blend',
        branches: [{ kind: 'gabor', outFeatures: 4 }, dense(4, { kind: 'snake', a: 1.5, learnable: ['a'] })],
        gate: dense(4, { kind: 'sigmoid' }),
      },
      dense(1, { kind: 'identity' }),
    ],
  },
  extensions,
);

type Values = Readonly<Record<string, ArrayLike<number>>>;

const affine = (t: TaylorAlgebra, h: readonly TaylorNumber[], values: Values, path: string): TaylorNumber[] => {
  const [weight, bias] = [values[`${path}.weight`] as ArrayLike<number>, values[`${path}.bias`] as ArrayLike<number>];
  return Array.from({ length: bias.length }, (_, o) =>
    h.reduce(
      (total, x, i) => t.add(total, t.scale(x, weight[i * bias.length + o] as number)),
      t.constant(bias[o] as number),
    ),
  );
};

/** The network in float64 Taylor arithmetic. */
const formula = (t: TaylorAlgebra, x: readonly TaylorNumber[], values: Values): TaylorNumber => {
  const at = (path: string): string => `layers.0.${path}`;
  const frequency = affine(t, x, values, at('branches.0.frequency'));
  const window = affine(t, x, values, at('branches.0.window'));
  const a = frequency.map((z, i) => {
    const w = window[i] as TaylorNumber;
    return t.mul(t.sin(z), t.exp(t.scale(t.mul(w, w), -0.5)));
  });
  const rate = (values[at('branches.1.activation.a')] as ArrayLike<number>)[0] as number;
  const b = affine(t, x, values, at('branches.1')).map(z => {
    const s = t.sin(t.scale(z, rate));
    return t.add(z, t.scale(t.mul(s, s), 1 / rate));
  });
  const gate = affine(t, x, values, at('gate')).map(z =>
    t.div(t.constant(1), t.add(t.constant(1), t.exp(t.scale(z, -1)))),
  );
  const h = a.map((p, i) => t.add(p, t.mul(gate[i] as TaylorNumber, t.add(b[i] as TaylorNumber, t.scale(p, -1)))));
  return affine(t, h, values, 'layers.1')[0] as TaylorNumber;
};

const points = ((): number[][] => {
  const rng = createRng(3);
  return Array.from({ length: 5 }, () => [2 * rng.uniform() - 1, 2 * rng.uniform() - 1].map(Math.fround));
})();

const valuesOf = async (field: Field): Promise<Record<string, Float64Array>> => {
  const values: Record<string, Float64Array> = {};
  for (const name of field.layout.names())
    values[name] = Float64Array.from(await (field.parameters[name] as Tensor).data());
  return values;
};

const REQUEST = { gradient: true, laplacian: true } as const;

/** The value, the gradient and the Laplacian at all points. */
const oracle = (values: Values): { value: number[]; gradient: number[]; laplacian: number[] } => {
  const t = taylorAlgebra(2, 2);
  const jets = points.map(point =>
    formula(
      t,
      point.map((p, k) => t.variable(k, p)),
      values,
    ),
  );
  return {
    value: jets.map(f => t.value(f)),
    gradient: jets.flatMap(f => [t.derivative(f, [1, 0]), t.derivative(f, [0, 1])]),
    laplacian: jets.map(f => t.derivative(f, [2, 0]) + t.derivative(f, [0, 2])),
  };
};

describe.each(['cpu', 'simd'])('on %s', backend => {
  beforeEach(async () => {
    await setBackend(backend);
    await ready();
  });

  it('fields with a custom activation, layer, combinator and initialiser match the oracle and survive a file', async () => {
    const field = createField(spec, { seed: 1, extensions });
    const values = await valuesOf(field);
    expect(values['layers.0.gate.weight']?.every(w => Math.abs(w) === 0.5)).toBe(true);
    const expected = oracle(values);
    const jet = field.jet(tensor2d(points), REQUEST);
    expectCloseInNorm(await jet.value.data(), expected.value, FIELD_VALUE, 'value');
    expectCloseInNorm(await jet.gradient.data(), expected.gradient, FIELD_GRADIENT, 'gradient');
    expectCloseInNorm(await jet.laplacian.data(), expected.laplacian, FIELD_SECOND, 'laplacian');
    const copy = decodeField(await encodeField(field), extensions);
    expect(await copy.evaluate(tensor2d(points)).data()).toEqual(await field.evaluate(tensor2d(points)).data());
  });

  it('gradients match finite differences, including those of learned activation parameters', async () => {
    const field = createField(spec, { seed: 1, extensions });
    const values = await valuesOf(field);
    const rng = createRng(9);
    const weights = { value: 5, gradient: 10, laplacian: 5 };
    const factors = Object.fromEntries(
      Object.entries(weights).map(([part, n]) => [part, Array.from({ length: n }, rng.normal)]),
    );
    const names = field.layout.names();
    const { grads } = engine().gradients(
      () => {
        const jet = field.jet(tensor2d(points), REQUEST);
        return addN(
          (['value', 'gradient', 'laplacian'] as const).map(part =>
            sum(mul(jet[part], tensor(factors[part] as number[], jet[part].shape))),
          ),
        ) as Tensor;
      },
      names.map(name => field.parameters[name] as Tensor),
      scalar(1),
      false,
    );
    const loss = (): number => {
      const now = oracle(values);
      return (['value', 'gradient', 'laplacian'] as const).reduce(
        (total, part) => total + now[part].reduce((s, x, i) => s + x * ((factors[part] as number[])[i] as number), 0),
        0,
      );
    };
    const step = 1e-5;
    for (const [index, name] of names.entries()) {
      const array = values[name] as Float64Array;
      const expected = Array.from(array, (here, i) => {
        array[i] = here + step;
        const above = loss();
        array[i] = here - step;
        const below = loss();
        array[i] = here;
        return (above - below) / (2 * step);
      });
      expectCloseInNorm(await (grads[index] as Tensor).data(), expected, { relative: 1e-4, absolute: 1e-4 }, name);
    }
  });

  it('a fit minimises the loss of a custom penalty', async () => {
    const field = createField(spec, { seed: 1, extensions });
    const coords = Float32Array.from(points.flat());
    const value = Float32Array.of(1, -1, 0.5, 3, 0);
    const source = { inFeatures: 2, pointsPerStep: 5, fixed: true, draw: () => ({ coords, targets: { value } }) };
    const objective = [term({ points: source, loss: cauchy(0.5) })];
    const before = oracle(await valuesOf(field)).value;
    const wanted = before.reduce((s, x, i) => s + 0.125 * Math.log(1 + ((x - (value[i] as number)) / 0.5) ** 2), 0) / 5;
    const losses: number[] = [];
    for await (const { loss } of fit(field, objective, { steps: 20 })) losses.push(loss);
    expect(losses[0]).toBeCloseTo(wanted, 5);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  });
});

it('runs entirely in the kernels of simd, including the loss', async () => {
  await setBackend('simd');
  await ready();
  for (const request of [{}, { gradient: true }, REQUEST])
    expect(executionPlan(spec, request, extensions).composed).toEqual([]);
  const field = createField(spec, { seed: 1, extensions });
  const coords = Float32Array.from(points.flat());
  const source = {
    inFeatures: 2,
    pointsPerStep: 5,
    fixed: true,
    draw: () => ({ coords, targets: { value: new Float32Array(5) } }),
  };
  const { kernelNames } = await engine().profile(async () => {
    for await (const _ of fit(field, [term({ points: source, loss: cauchy(0.5) })], { steps: 1 }));
    return scalar(0);
  });
  expect(kernelNames).toContain(PROGRAM_KERNELS.loss);
  expect(kernelNames).not.toContain(PROGRAM_KERNELS.forward);
});

it('a backend needs only one object', async () => {
  registerBackend('plain', () => new MathBackendCPU());
  copyRegisteredKernels('cpu', 'plain');
  registerFieldBackend(plainBackend);
  const { name } = await selectBackend('auto', [{ name: 'plain', load: () => Promise.resolve() }]);
  expect(name).toBe('plain');
  const chain = parseSpec(
    { inFeatures: 2, layers: [dense(6, { kind: 'snake' }), dense(3, { kind: 'tanh' })] },
    extensions,
  );
  expect(executionPlan(chain, {}, extensions)).toEqual({ fused: ['linear', 'linear'], composed: [] });
  expect(executionPlan(chain, { gradient: true }, extensions).fused).toEqual([]);
  const values = await createField(chain, { seed: 1, extensions }).evaluate(tensor2d(points)).data();
  await setBackend('cpu');
  const expected = await createField(chain, { seed: 1, extensions }).evaluate(tensor2d(points)).data();
  expectCloseInNorm(values, expected, FIELD_VALUE);
});
