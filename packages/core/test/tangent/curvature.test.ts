/** @file Hessian-vector and Gauss-Newton-vector products, against second derivatives in float64 Taylor arithmetic. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { centralDifference, expectCloseInNorm, maxAbsolute, relativeError } from '@neural-fields/testing';
import {
  add,
  engine,
  gather,
  grad,
  mean,
  mul,
  ready,
  type Scalar,
  setBackend,
  sin,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tensor2d,
  tidy,
  valueAndGrads,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { absolute, charbonnierPenalty, huberPenalty, type Penalty, squared } from '../../src/elementwise.ts';
import {
  createField,
  createFieldBatch,
  createRng,
  evaluateJet,
  type Field,
  type FieldSpec,
  type PointLoss,
  type PointSource,
  type PointwiseError,
  type PointwiseLoss,
  parameterTerm,
  parseSpec,
  pointwiseLoss,
  siren,
  type Term,
  term,
} from '../../src/index.ts';
import type { Network } from '../../src/spec/network.ts';
import { networkOf } from '../../src/spec/network.ts';
import { createCurvature } from '../../src/tangent/curvature.ts';
import { activationNetworks, dense, extensions, type NamedNetwork, networks, valuesFor } from './networks.ts';
import { networkOracle, type OutputDerivative } from './program-oracle.ts';

const POINTS = 3;

/** A penalty with its derivatives in float64. */
interface Case {
  readonly penalty: Penalty;
  readonly slope: (e: number) => number;
  readonly curvature: (e: number) => number;
}

const size = (e: number): number => Math.hypot(e, 0.3);
const PENALTIES: readonly Case[] = [
  { penalty: squared, slope: e => 2 * e, curvature: () => 2 },
  { penalty: charbonnierPenalty(0.3), slope: e => e / size(e), curvature: e => 0.3 ** 2 / size(e) ** 3 },
  {
    penalty: huberPenalty(0.5),
    slope: e => Math.min(Math.max(e, -0.5), 0.5),
    curvature: e => Number(Math.abs(e) < 0.5),
  },
  { penalty: absolute, slope: Math.sign, curvature: () => 0 },
];

const EVERYTHING: readonly PointwiseError[] = [
  { of: 'value', target: 'value' },
  { of: 'gradient', factor: 0.1 },
  { of: 'laplacian', target: 'value', factor: 0.01 },
];

const ERRORS: readonly (readonly PointwiseError[])[] = [
  [{ of: 'value', target: 'value' }],
  [{ of: 'gradient', target: 'gradient', factor: d => 1 / d }],
  EVERYTHING,
];

interface Problem {
  readonly field: Field;
  readonly terms: readonly Term[];
  readonly theta: Float32Array;
  readonly v: Float32Array;
  readonly targets: Readonly<Record<string, Float32Array>>;
  readonly coords: Float32Array;
}

const WEIGHT = 1.5;

const sourceOf = (
  inFeatures: number,
  coords: Float32Array,
  targets: Readonly<Record<string, Float32Array>>,
): PointSource => {
  const count = coords.length / inFeatures;
  const rows = (values: Float32Array, start: number, n: number): Float32Array =>
    values.slice((start * values.length) / count, ((start + n) * values.length) / count);
  return {
    inFeatures,
    pointsPerStep: count,
    fixed: true,
    draw: (start, n) => ({
      coords: rows(coords, start, n),
      targets: Object.fromEntries(Object.entries(targets).map(([name, values]) => [name, rows(values, start, n)])),
    }),
  };
};

const fieldOf = ({ layout }: Network, spec: FieldSpec, theta: Float32Array): Field =>
  createField(spec, {
    extensions,
    parameters: Object.fromEntries(layout.names().map(name => [name, layout.view(theta, name)])),
  });

/** Points, targets, parameters and a direction. */
const valuesOfProblem = (network: Network): Omit<Problem, 'field' | 'terms'> => {
  const { inFeatures: d, outFeatures: o } = network.program;
  const rng = createRng(9);
  const random = (length: number): Float32Array => Float32Array.from({ length }, () => rng.normal());
  const targets = {
    value: random(POINTS * o),
    gradient: random(POINTS * d * o),
    weight: random(POINTS).map(Math.abs),
  };
  return { ...valuesFor(network, POINTS), targets };
};

const withField = (
  { spec, network }: NamedNetwork,
  { theta, coords, targets }: Omit<Problem, 'field' | 'terms'>,
  loss: PointwiseLoss,
): Pick<Problem, 'field' | 'terms'> => {
  const points = sourceOf(spec.inFeatures, coords, targets);
  return { field: fieldOf(network, spec, theta), terms: [term({ points, loss: pointwiseLoss(loss), weight: WEIGHT })] };
};

/** The values of a part of the jet at a point, output by output, as sums of derivatives. */
const valuesOf = (of: PointwiseError['of'], d: number): readonly (readonly (readonly number[])[])[] => {
  const axes = Array.from({ length: d }, (_, k) => k);
  if (of === 'value') return [[[]]];
  return of === 'gradient' ? axes.map(k => [[k]]) : [axes.map(k => [k, k])];
};

/** Gradient, H v and G v in float64, for selected parameters. */
const oracle = (
  network: Network,
  { theta, v, coords, targets }: Pick<Problem, 'v' | 'coords' | 'targets'> & { readonly theta: ArrayLike<number> },
  { errors, weight }: PointwiseLoss,
  { slope, curvature }: Case,
  picked: readonly number[] = Array.from({ length: network.layout.size }, (_, i) => i),
): Record<'gradient' | 'hessian' | 'gaussNewton', Float64Array> => {
  const { inFeatures: d, outFeatures: o } = network.program;
  const count = network.layout.size;
  const order = errors.some(({ of }) => of === 'laplacian') ? 2 : errors.some(({ of }) => of === 'gradient') ? 1 : 0;
  const zeros = (): Float64Array => new Float64Array(picked.length);
  const result = { gradient: zeros(), hessian: zeros(), gaussNewton: zeros() };
  for (let n = 0; n < POINTS; n++) {
    const point = coords.slice(n * d, (n + 1) * d);
    for (const [i, parameter] of picked.entries()) {
      const unit = Float64Array.from({ length: count }, (_, j) => Number(parameter === j));
      const outputs = networkOracle(network, point, { theta, directions: [v, unit], order });
      for (const { of, target, factor = 1 } of errors)
        for (const [k, sums] of valuesOf(of, d).entries())
          for (const [j, by] of outputs.entries()) {
            const total = (along: readonly number[]): number => sums.reduce((all, axes) => all + by(axes, along), 0);
            const wanted = target ? (targets[target] as Float32Array) : undefined;
            const width = of === 'gradient' ? d * o : o;
            const e = total([]) - (wanted ? (wanted[n * width + k * o + j] as number) : 0);
            const [ev, ei, evi] = [total([0]), total([1]), total([0, 1])];
            const own = weight ? (targets['weight']?.[n] as number) : 1;
            const scale = (WEIGHT * own * (typeof factor === 'number' ? factor : factor(d))) / (POINTS * o);
            result.gradient[i]! += scale * slope(e) * ei;
            result.gaussNewton[i]! += scale * curvature(e) * ev * ei;
            result.hessian[i]! += scale * (curvature(e) * ev * ei + slope(e) * evi);
          }
    }
  }
  return result;
};

/** Sums of products that cancel: a few times the tolerance of a gradient. */
const RELATIVE = 3e-4;

/** Elements of a parameter to compare at most: the arithmetic is slow. Few points read a row of a table. */
const maxCompared = (group: string | undefined): number => (group === 'table' ? 12 : 4);

interface Prepared {
  readonly problem: Omit<Problem, 'field' | 'terms'>;
  readonly loss: PointwiseLoss;
  readonly picked: readonly number[];
  readonly expected: ReturnType<typeof oracle>;
}

/** Computed for the first backend, and reused for the others. */
const prepared = new Map<string, Prepared>();

const prepare = ({ name, network }: NamedNetwork, index: number, errors: readonly PointwiseError[]): Prepared => {
  const known = prepared.get(name);
  if (known) return known;
  const one = PENALTIES[index % PENALTIES.length] as Case;
  const loss: PointwiseLoss = { errors, penalty: one.penalty, ...(index % 2 === 1 && { weight: 'weight' }) };
  const rng = createRng(index);
  const picked = network.layout.entries.flatMap(({ offset, size: length, group }) =>
    length <= maxCompared(group)
      ? Array.from({ length }, (_, i) => offset + i)
      : Array.from({ length: maxCompared(group) }, () => offset + rng.integer(length)),
  );
  const problem = valuesOfProblem(network);
  const made = { problem, loss, picked, expected: oracle(network, problem, loss, one, picked) };
  prepared.set(name, made);
  return made;
};

const expectOracle = (named: NamedNetwork, index: number, errors: readonly PointwiseError[]): void => {
  const { problem, loss, picked, expected } = prepare(named, index, errors);
  const { field, terms } = withField(named, problem, loss);
  // One network in chunks of 64 points, which is all of them, or of two.
  const curvature = createCurvature(field, terms, index % 3 === 0 ? { chunkSize: 2 } : {});
  tidy(() => {
    const direction = tensor1d(problem.v);
    const { product, gradient } = curvature.hessianAndGradient(direction);
    const check = (got: Tensor, wanted: Float64Array, what: string): void => {
      const numbers = got.dataSync();
      const of = picked.map(i => numbers[i] as number);
      expectCloseInNorm(of, wanted, { relative: RELATIVE, absolute: 1e-6 }, what);
    };
    check(curvature.gradient(), expected.gradient, 'gradient');
    check(gradient, expected.gradient, 'gradient beside the product');
    check(product, expected.hessian, 'H v');
    check(curvature.gaussNewton(direction), expected.gaussNewton, 'G v');
  });
  curvature.dispose();
  field.dispose();
};

describe.each(['cpu', 'wasm'])('curvature on %s', backend => {
  beforeAll(async () => {
    await setBackend(backend);
    await ready();
  });
  const learning = networks
    .filter(({ network }) => network.layout.size > 0)
    .map((named, index) => ({ ...named, index }));
  it.each(learning)('of $name', named =>
    expectOracle(named, named.index, ERRORS[named.index % ERRORS.length] as (typeof ERRORS)[number]),
  );
  it.each(activationNetworks.map((named, index) => ({ ...named, index })))('of $name', named =>
    expectOracle(named, named.index, EVERYTHING),
  );
});

const sum1d = (a: Tensor, b: Tensor): number => sum(mul(a, b)).dataSync()[0] as number;

describe('curvature', () => {
  beforeAll(async () => {
    await setBackend('cpu');
    await ready();
  });

  const spec = parseSpec(siren({ inFeatures: 2, outFeatures: 2, hiddenFeatures: 8, hiddenLayers: 1, omega0: 5 }));
  const named: NamedNetwork = { name: 'SIREN', spec, network: networkOf(spec) };
  const problem = valuesOfProblem(named.network);
  const make = (loss: PointwiseLoss, options: Parameters<typeof createCurvature>[2] = {}) => {
    const { field, terms } = withField(named, problem, loss);
    return { field, curvature: createCurvature(field, terms, options) };
  };
  const random = (seed: number): Tensor1D => {
    const rng = createRng(seed);
    return tensor1d(Float32Array.from({ length: named.network.layout.size }, () => rng.normal()));
  };

  it('is symmetric', () => {
    for (const errors of ERRORS)
      for (const { penalty } of PENALTIES) {
        const { curvature } = make({ errors, penalty });
        const [u, v] = [random(1), random(2)];
        for (const product of ['hessian', 'gaussNewton'] as const) {
          const [left, right] = [sum1d(u, curvature[product](v)), sum1d(v, curvature[product](u))];
          const scale = Math.abs(left) + maxAbsolute(curvature[product](v).dataSync());
          expect(Math.abs(left - right)).toBeLessThanOrEqual(1e-4 * scale);
        }
      }
  });

  it('has no negative Gauss-Newton curvature for convex penalties, though the Hessian may', () => {
    let isNegative = false;
    for (const { penalty } of PENALTIES)
      for (let seed = 0; seed < 10; seed++) {
        const { curvature } = make({ errors: EVERYTHING, penalty, weight: 'weight' });
        const v = random(seed);
        expect(sum1d(v, curvature.gaussNewton(v))).toBeGreaterThanOrEqual(0);
        isNegative ||= sum1d(v, curvature.hessian(v)) < 0;
      }
    expect(isNegative).toBe(true);
  });

  it('matches differences of gradients', () => {
    const { field, curvature } = make({ errors: EVERYTHING, penalty: charbonnierPenalty(0.3) });
    const theta = field.layout.join(Object.values(field.parameters));
    const v = random(3);
    const STEP = 1e-3;
    const at = (step: number): Tensor1D => curvature.gradient(add(theta, mul(v, step)));
    const difference = mul(sub(at(STEP), at(-STEP)), 1 / (2 * STEP));
    // The third derivative times STEP^2 / 6, and float32 roundoffs over STEP.
    expectCloseInNorm(curvature.hessian(v).dataSync(), difference.dataSync(), { relative: 1e-2 }, 'H v');
  });

  it('is evaluated at the given parameters', () => {
    const { field, curvature } = make({ errors: EVERYTHING, penalty: squared });
    const theta = field.layout.join(Object.values(field.parameters));
    const v = random(4);
    expect(curvature.hessian(v, theta).dataSync()).toEqual(curvature.hessian(v).dataSync());
    expect(curvature.hessian(v, mul(theta, 1.1)).dataSync()).not.toEqual(curvature.hessian(v).dataSync());
    expect(curvature.loss(theta).dataSync()).toEqual(curvature.loss().dataSync());
  });

  it('leaves no tensor behind, also where a loss throws', () => {
    const { field, terms } = withField(named, problem, { errors: EVERYTHING, penalty: squared });
    const fail = (): Tensor => {
      throw new Error('no tangent today');
    };
    const failing = Object.assign(() => tensor1d([0]), { tangent: fail, derivatives: { gradient: true } as const });
    const points = (terms[0] as Term).points;
    const v = random(1);
    const before = engine().memory().numTensors;
    const curvature = createCurvature(field, terms);
    for (const tensor of [curvature.gradient(), curvature.hessian(v), curvature.gaussNewton(v), curvature.loss()])
      tensor.dispose();
    curvature.dispose();
    expect(engine().memory().numTensors).toBe(before);
    const broken = createCurvature(field, [term({ points, loss: failing })]);
    expect(() => broken.hessian(v)).toThrow('no tangent today');
    expect(() => broken.gaussNewton(v)).toThrow('no tangent today');
    broken.dispose();
    expect(engine().memory().numTensors).toBe(before);
  });

  it('rejects losses without a tangent, vectors that do not fit, and an empty list of terms', () => {
    const { field, terms } = withField(named, problem, { errors: EVERYTHING, penalty: squared });
    const { points } = terms[0] as Term;
    const curvature = createCurvature(field, [term({ name: 'mine', points, loss: ({ value }) => square(value) })]);
    expect(() => curvature.hessian(random(1))).toThrow(TypeError);
    expect(() => curvature.gaussNewton(random(1))).toThrow("the loss of term 'mine' must have a tangent");
    expect(() => curvature.hessian(tensor1d([1]))).toThrow('the direction must be [');
    expect(() => curvature.gradient(tensor1d([1]))).toThrow('the parameters must be [');
    expect(() => createCurvature(field, [])).toThrow('at least one term');
  });

  it.each([squared, charbonnierPenalty(0.3)])('supports parameter terms: $kind', penalty => {
    const { field, terms } = withField(named, problem, { errors: EVERYTHING, penalty: squared });
    const decay = parameterTerm({ parameters: { role: 'weight' }, penalty, weight: 0.3 });
    const [whole, without] = [createCurvature(field, [...terms, decay]), createCurvature(field, terms)];
    const v = random(5);
    const alone = createCurvature(field, [decay]);
    const count = field.layout.select({ role: 'weight' }).reduce((sum, entry) => sum + entry.size, 0);
    const theta = field.layout.join(Object.values(field.parameters)).dataSync();
    const along = v.dataSync();
    const expected = { gradient: new Float64Array(along.length), product: new Float64Array(along.length) };
    for (const { offset, size: length } of field.layout.select({ role: 'weight' }))
      for (let i = offset; i < offset + length; i++) {
        const p = theta[i] as number;
        const [slope, curvature] = penalty === squared ? [2 * p, 2] : [p / size(p), 0.3 ** 2 / size(p) ** 3];
        expected.gradient[i] = (0.3 * slope) / count;
        expected.product[i] = (0.3 * curvature * (along[i] as number)) / count;
      }
    const { product, gradient } = alone.hessianAndGradient(v);
    expectCloseInNorm(gradient.dataSync(), expected.gradient, { relative: 1e-5 }, 'gradient');
    expectCloseInNorm(alone.gradient().dataSync(), expected.gradient, { relative: 1e-5 }, 'gradient alone');
    expectCloseInNorm(product.dataSync(), expected.product, { relative: 1e-5 }, 'H v');
    expectCloseInNorm(alone.gaussNewton(v).dataSync(), expected.product, { relative: 1e-5 }, 'G v');
    for (const name of ['hessian', 'gaussNewton'] as const)
      expectCloseInNorm(whole[name](v).dataSync(), add(without[name](v), product).dataSync(), { relative: 1e-5 }, name);
  });

  it('rejects statistics over the points of a step', () => {
    const { terms } = withField(named, problem, { errors: EVERYTHING, penalty: squared });
    const field = createField(parseSpec({ inFeatures: 2, layers: [{ kind: 'batch-norm' }, dense(2)] }), { seed: 1 });
    expect(() => createCurvature(field, terms)).toThrow('without statistics over its points');
  });

  it('accepts custom losses with tangents', () => {
    const { field, terms } = withField(named, problem, { errors: [{ of: 'value' }], penalty: squared });
    const { points } = terms[0] as Term;
    const tangent: PointLoss['tangent'] = ({ value }, moved) => mul(mul(value, 2), moved.value);
    const loss: PointLoss = Object.assign(({ value }: { readonly value: Tensor }) => square(value), { tangent });
    const own = createCurvature(field, [term({ points, loss, weight: WEIGHT })]);
    const described = createCurvature(field, terms);
    const v = random(2);
    for (const product of ['hessian', 'gaussNewton'] as const)
      expectCloseInNorm(own[product](v).dataSync(), described[product](v).dataSync(), { relative: 1e-6 }, product);
  });
});

describe('curvature of many fields', () => {
  const spec = parseSpec(siren({ inFeatures: 2, outFeatures: 2, hiddenFeatures: 5, hiddenLayers: 1, omega0: 4 }));
  const named: NamedNetwork = { name: 'SIREN', spec, network: networkOf(spec) };
  const problem = valuesOfProblem(named.network);
  const loss: PointwiseLoss = { errors: EVERYTHING, penalty: charbonnierPenalty(0.3) };
  const COUNT = 3;

  beforeAll(async () => {
    await setBackend('cpu');
    await ready();
  });

  it('equals that of each field if they share no parameters', () => {
    const batch = createFieldBatch(spec, { count: COUNT, seed: 4 });
    const { terms } = withField(named, problem, loss);
    const curvature = createCurvature(batch, terms, { chunkSize: 2 });
    const rng = createRng(8);
    const v = tensor1d(Float32Array.from({ length: curvature.size }, () => rng.normal()));
    const parts = batch.layout.split(v);
    for (const product of ['hessian', 'gaussNewton'] as const) {
      const all = batch.layout.split(curvature[product](v));
      for (let f = 0; f < COUNT; f++) {
        const field = batch.field(f);
        const own = createCurvature(field, terms);
        const of = (tensors: readonly Tensor[]): Tensor1D => field.layout.join(tensors.map(part => gather(part, [f])));
        expectCloseInNorm(
          of(all).dataSync(),
          own[product](of(parts)).dataSync(),
          { relative: 1e-5 },
          `${product} of field ${f}`,
        );
      }
    }
  });

  it('equals that of each field on separate points', () => {
    const batch = createFieldBatch(spec, { count: COUNT, seed: 4 });
    const rng = createRng(6);
    const own = Array.from({ length: COUNT }, () => ({
      coords: Float32Array.from({ length: 2 * POINTS }, () => 2 * rng.uniform() - 1),
      value: Float32Array.from({ length: 2 * POINTS }, () => rng.normal()),
    }));
    const rows = (name: 'coords' | 'value', start: number, count: number): Float32Array =>
      Float32Array.from(own.flatMap(each => [...each[name].slice(2 * start, 2 * (start + count))]));
    const points: PointSource = {
      inFeatures: 2,
      pointsPerStep: POINTS,
      fixed: true,
      fields: COUNT,
      draw: (start, count) => ({
        coords: rows('coords', start, count),
        targets: { value: rows('value', start, count) },
      }),
    };
    const curvature = createCurvature(batch, [term({ points, loss: pointwiseLoss(loss) })], { chunkSize: 2 });
    const v = tensor1d(Float32Array.from({ length: curvature.size }, () => rng.normal()));
    const all = batch.layout.split(curvature.hessian(v));
    for (const [f, { coords, value }] of own.entries()) {
      const field = batch.field(f);
      const alone = createCurvature(field, [
        term({ points: sourceOf(2, coords, { value }), loss: pointwiseLoss(loss) }),
      ]);
      const of = (tensors: readonly Tensor[]): Tensor1D => field.layout.join(tensors.map(part => gather(part, [f])));
      const expected = alone.hessian(of(batch.layout.split(v)));
      expectCloseInNorm(of(all).dataSync(), expected.dataSync(), { relative: 1e-5 }, `H v of field ${f}`);
    }
  });

  it('matches differences of gradients if they share some', () => {
    const batch = createFieldBatch(spec, { count: COUNT, seed: 4, own: [{ role: 'bias' }] });
    const { terms } = withField(named, problem, loss);
    const curvature = createCurvature(batch, terms);
    const theta = batch.layout.join(Object.values(batch.parameters));
    const rng = createRng(8);
    const v = tensor1d(Float32Array.from({ length: curvature.size }, () => rng.normal()));
    const STEP = 1e-3;
    const at = (step: number): Tensor1D => curvature.gradient(add(theta, mul(v, step)));
    const difference = mul(sub(at(STEP), at(-STEP)), 1 / (2 * STEP));
    const { product, gradient } = curvature.hessianAndGradient(v);
    expectCloseInNorm(gradient.dataSync(), at(0).dataSync(), { relative: 1e-5 }, 'gradient');
    expectCloseInNorm(product.dataSync(), difference.dataSync(), { relative: 1e-2 }, 'H v');
  });
});

describe('meta-learning', () => {
  it('differentiates two steps of gradient descent with learned rates', async () => {
    const spec = parseSpec(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 2, hiddenLayers: 1, omega0: 2 }));
    const named: NamedNetwork = { name: 'small SIREN', spec, network: networkOf(spec) };
    const { network } = named;
    const problem = valuesOfProblem(network);
    const loss: PointwiseLoss = { errors: [{ of: 'value', target: 'value' }], penalty: squared };
    const outer = valuesFor(network, 2).coords;
    const theta = Float64Array.from(problem.theta);
    const rng = createRng(3);
    const rates = Float64Array.from(Float32Array.from(theta, () => 0.004 + 0.01 * rng.uniform()));

    const after = (parameters: Float64Array): Float64Array => {
      const { gradient } = oracle(network, { ...problem, theta: parameters }, loss, PENALTIES[0] as Case);
      return parameters.map((p, i) => p - (rates[i] as number) * (gradient[i] as number));
    };
    const metaLoss = (): number => {
      const adapted = after(after(theta));
      const value = (x: number): number =>
        (networkOracle(network, [x], { theta: adapted, directions: [], order: 0 })[0] as OutputDerivative)([], []);
      return Array.from(outer, value).reduce((total, f) => total + Math.sin(f) / outer.length, 0);
    };
    const differences = (values: Float64Array): Float64Array =>
      values.map((_, i) => centralDifference(values, i, { step: 2e-4, of: metaLoss }));
    const expected = { value: metaLoss(), byParameters: differences(theta), byRates: differences(rates) };
    const adaptedTheta = Float32Array.from(after(after(theta)));

    for (const backend of ['cpu', 'wasm']) {
      await setBackend(backend);
      await ready();
      const { field, terms } = withField(named, problem, loss);
      const inner = createCurvature(field, terms);
      const { value, grads } = valueAndGrads((parameters, steps) => {
        const step = (from: Tensor1D): Tensor1D =>
          sub(from, mul(steps as Tensor1D, inner.differentiableGradient(from)));
        const adapted = step(step(parameters as Tensor1D));
        return mean(sin(evaluateJet(spec, adapted, tensor2d(outer, [2, 1]), {}).value)) as Scalar;
      })([tensor1d(problem.theta), tensor1d(Float32Array.from(rates))]);
      const [byParameters, byRates] = grads as [Tensor, Tensor];
      expect(value.dataSync()[0]).toBeCloseTo(expected.value, 5);
      expectCloseInNorm(
        byParameters.dataSync(),
        expected.byParameters,
        { relative: 1e-4 },
        `by parameters on ${backend}`,
      );
      expectCloseInNorm(byRates.dataSync(), expected.byRates, { relative: 1e-4 }, `by rates on ${backend}`);
      // Without the second derivatives it is another gradient.
      const firstOrder = tidy(() => {
        const adapted = tensor1d(adaptedTheta);
        return grad(p => mean(sin(evaluateJet(spec, p as Tensor1D, tensor2d(outer, [2, 1]), {}).value)))(
          adapted,
        ).dataSync();
      });
      expect(relativeError(firstOrder, expected.byParameters)).toBeGreaterThan(0.01);
    }
  });
});
