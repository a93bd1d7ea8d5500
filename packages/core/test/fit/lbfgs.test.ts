import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evaluation, SearchObjective, SearchOutput } from '../../src/fit/optimizer.ts';
import { createRng, type LbfgsOptions, lbfgs } from '../../src/index.ts';
import { golden } from '../optimizers/golden/golden.ts';

/** A function in float64 of parameters in float32, with its gradient. */
type Objective = (x: Float32Array) => readonly [loss: number, gradient: readonly number[]];

/** L-BFGS does not need it. */
const unused = { objective: {} as SearchObjective };

interface Run extends SearchOutput {
  readonly evaluations: number;
  readonly loss: number;
}

const run = async (
  objective: Objective,
  from: readonly number[],
  options: LbfgsOptions = {},
  steps = 1,
): Promise<Run> => {
  const optimizer = lbfgs(options);
  let evaluations = 0;
  const evaluate = (x: Float32Array): Promise<Evaluation> => {
    evaluations += 1;
    const [loss, gradient] = objective(x);
    return Promise.resolve({ loss, gradient: Float32Array.from(gradient) });
  };
  let output: SearchOutput = { parameters: Float32Array.from(from), state: [] };
  for (let step = 0; step < steps; step++)
    output = await optimizer.search({ ...unused, ...output, ...(await evaluate(output.parameters)), evaluate });
  return { ...output, evaluations, loss: objective(output.parameters)[0] };
};

/** sum of a_i (x_i - c_i)^2 / 2 */
const quadratic =
  (a: readonly number[], c: readonly number[]): Objective =>
  x => [
    a.reduce((sum, ai, i) => sum + (ai * ((x[i] as number) - (c[i] as number)) ** 2) / 2, 0),
    a.map((ai, i) => ai * ((x[i] as number) - (c[i] as number))),
  ];

/** Rosenbrock's valley in n dimensions, with its minimum 0 at (1, ..., 1). */
const rosenbrock: Objective = x => {
  let loss = 0;
  const gradient = Array.from(x, () => 0);
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = [x[i] as number, x[i + 1] as number];
    loss += 100 * (b - a * a) ** 2 + (1 - a) ** 2;
    gradient[i] = (gradient[i] as number) - 400 * a * (b - a * a) - 2 * (1 - a);
    gradient[i + 1] = (gradient[i + 1] as number) + 200 * (b - a * a);
  }
  return [loss, gradient];
};

const distance = (x: Float32Array, to: readonly number[]): number =>
  Math.max(...to.map((value, i) => Math.abs(value - (x[i] as number))));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/**
 * H by the update of BFGS, Nocedal and Wright, equation 6.17, from (s . y) / (y . y) I of the newest pair, equation
 * 7.20.
 */
const denseInverseHessian = (pairs: readonly (readonly [Float32Array, Float32Array])[], n: number): number[][] => {
  const [s, y] = pairs.at(-1) ?? [[1], [1]];
  const identity = (scale: number): number[][] =>
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? scale : 0)));
  const times = (a: number[][], b: number[][]): number[][] =>
    a.map(row =>
      b.map((_, j) =>
        dot(
          row,
          b.map(r => r[j] as number),
        ),
      ),
    );
  let inverse = identity(dot(s, y) / dot(y, y));
  for (const [s, y] of pairs) {
    const rho = 1 / dot(s, y);
    const left = identity(1).map((row, i) => row.map((value, j) => value - rho * (s[i] as number) * (y[j] as number)));
    const right = left.map((_, i) => left.map(row => row[i] as number));
    inverse = times(times(left, inverse), right).map((row, i) =>
      row.map((value, j) => value + rho * (s[i] as number) * (s[j] as number)),
    );
  }
  return inverse;
};

describe('lbfgs', () => {
  it('finds the minimum of any convex quadratic in one step, up to float32 rounding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 12 }), async (seed, n) => {
        const rng = createRng(seed);
        const curvatures = Array.from({ length: n }, () => 10 ** (2 * rng.uniform() - 1));
        const minimum = Array.from({ length: n }, () => 2 * rng.uniform() - 1);
        const start = Array.from({ length: n }, () => 2 * rng.uniform() - 1);
        const { parameters, evaluations } = await run(quadratic(curvatures, minimum), start, { maxIterations: 60 });
        expect(distance(parameters, minimum)).toBeLessThan(2e-6);
        expect(evaluations).toBeLessThan(76);
      }),
      { numRuns: 50 },
    );
  });

  it('has the direction of the dense BFGS formula with the same pairs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 0, max: 6 }), async (seed, count) => {
        const rng = createRng(seed);
        const n = 5;
        const vector = (): Float32Array => Float32Array.from({ length: n }, () => rng.normal());
        const pairs = Array.from({ length: count }, () => {
          const s = vector();
          // With a positive diagonal, so that s . y > 0, as the line search ensures.
          return [s, s.map(value => value * (0.5 + 2 * rng.uniform()))] as const;
        });
        const [parameters, gradient] = [vector(), vector()];
        const tried: Float32Array[] = [];
        await lbfgs({ maxIterations: 1 }).search({
          ...unused,
          parameters,
          gradient,
          loss: 1,
          state: pairs.flat(),
          evaluate(trial) {
            tried.push(trial);
            return Promise.resolve({ loss: 0, gradient: new Float32Array(n) });
          },
        });
        const inverse = denseInverseHessian(pairs, n);
        const direction = inverse.map(row => -dot(row, gradient));
        const first = count === 0 ? 1 / gradient.reduce((sum, g) => sum + Math.abs(g), 0) : 1;
        const expected = direction.map((d, i) => (parameters[i] as number) + Math.min(1, first) * d);
        const scale = Math.max(1, ...expected.map(Math.abs));
        expect(distance(tried[0] as Float32Array, expected) / scale).toBeLessThan(1e-6);
      }),
      { numRuns: 100 },
    );
  });

  it('stores the changes of parameters and gradient, exactly in float32', async () => {
    const curvatures = [1, 2, 4, 8];
    const { state } = await run(quadratic(curvatures, [0, 0, 0, 0]), [0.5, -0.25, 0.75, 0.125], { maxIterations: 4 });
    expect(state.length).toBeGreaterThan(2);
    for (let i = 0; i < state.length; i += 2)
      expect([...(state[i + 1] as Float32Array)]).toEqual(
        [...(state[i] as Float32Array)].map((s, k) => expect.closeTo((curvatures[k] as number) * s, 5)),
      );
  });

  it.each([2, 5, 20])('descends Rosenbrock’s valley in %i dimensions', async n => {
    const start = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    const { parameters, evaluations } = await run(rosenbrock, start, {}, 10);
    expect(distance(parameters, new Array(n).fill(1))).toBeLessThan(1e-3);
    expect(evaluations).toBeLessThan(220);
  });

  it('needs about the published number of evaluations on Rosenbrock’s function', async () => {
    // BFGS takes 34 iterations with a similar line search: Nocedal and Wright, section 6.1.
    let best = Number.POSITIVE_INFINITY;
    let count = 0;
    const counted: Objective = x => {
      const [loss, gradient] = rosenbrock(x);
      if (best > 1e-8) count += 1;
      best = Math.min(best, loss);
      return [loss, gradient];
    };
    await run(counted, [-1.2, 1], { maxIterations: 100 });
    expect(best).toBeLessThan(1e-8);
    expect(count).toBeLessThan(60);
  });

  it('continues from the state of a step as if both were one step', async () => {
    const start = [-1.2, 1, -1.2, 1];
    const whole = await run(rosenbrock, start, { maxIterations: 12, maxEvaluations: 1000 });
    const parts = await run(rosenbrock, start, { maxIterations: 3, maxEvaluations: 1000 }, 4);
    expect(parts.parameters).toEqual(whole.parameters);
    expect(parts.state).toEqual(whole.state);
  });

  it('takes the steps of torch.optim.LBFGS', async () => {
    // sum of a_i (x_i - a_i / 10)^2 + (sum of x_i)^4 / 4
    const quartic: Objective = x => {
      const total = x.reduce((sum, value) => sum + value, 0);
      const offsets = Array.from(x, (value, i) => value - (i + 1) / 10);
      const loss = offsets.reduce((sum, offset, i) => sum + (i + 1) * offset ** 2, 0) + total ** 4 / 4;
      return [loss, offsets.map((offset, i) => 2 * (i + 1) * offset + total ** 3)];
    };
    const options = { maxIterations: 1, historySize: 4 };
    for (const [index, expected] of golden.lbfgs.entries()) {
      const { parameters } = await run(quartic, [0.5, -1, 2, 0.25, -0.75], options, index + 1);
      // Parameters and gradients are float32 here; curvature pairs multiply their rounding.
      expect(distance(parameters, expected), `step ${index + 1}`).toBeLessThan(1e-5);
    }
  });

  it('stores historySize pairs', async () => {
    const { state } = await run(rosenbrock, [-1.2, 1, 1], { maxIterations: 15, historySize: 4 });
    expect(state).toHaveLength(8);
  });

  it('backs off from trial points where the loss is not finite', async () => {
    const walled: Objective = x => {
      const value = x[0] as number;
      // -log(x) + x has its minimum at 1, and is NaN below 0.
      return [value - Math.log(value), [1 - 1 / value]];
    };
    const { parameters } = await run(walled, [1e-3], { maxIterations: 40 });
    expect(parameters[0]).toBeCloseTo(1, 4);
  });

  it('stays at a minimum, and where it finds no improvement', async () => {
    const atMinimum = await run(quadratic([1, 1], [0, 0]), [0, 0]);
    expect([...atMinimum.parameters]).toEqual([0, 0]);
    expect(atMinimum.evaluations).toBe(1);
    const deceived = await run(x => [1 + Math.abs(x[0] as number), [1]], [0]);
    expect([...deceived.parameters]).toEqual([0]);
    expect(deceived.state).toEqual([]);
  });

  it('discards curvature pairs that give an ascent direction', async () => {
    const optimizer = lbfgs({ maxIterations: 1 });
    const evaluate = (x: Float32Array): Promise<Evaluation> => {
      const [loss, gradient] = quadratic([1], [0])(x);
      return Promise.resolve({ loss, gradient: Float32Array.from(gradient) });
    };
    const parameters = Float32Array.of(1);
    const state = [Float32Array.of(1), Float32Array.of(-1)];
    const output = await optimizer.search({ ...unused, parameters, state, ...(await evaluate(parameters)), evaluate });
    expect(output.parameters[0]).toBeCloseTo(0, 6);
    expect(output.state).toHaveLength(2);
  });

  it.each([
    [{ learningRate: 0 }, 'learningRate must be a positive number, got 0'],
    [{ maxIterations: 0 }, 'maxIterations must be a positive integer, got 0'],
    [{ historySize: 1.5 }, 'historySize must be a positive integer, got 1.5'],
    [{ toleranceChange: -1 }, 'toleranceChange must be a number >= 0, got -1'],
    [
      { sufficientDecrease: 0.95 },
      '0 < sufficientDecrease < curvature < 1, got sufficientDecrease 0.95 and curvature 0.9',
    ],
  ] as const)('rejects %o', (options, message) => {
    expect(() => lbfgs(options)).toThrow(`lbfgs: ${message.startsWith('0') ? 'must have ' : ''}${message}`);
    expect(() => lbfgs(options)).toThrow(RangeError);
  });
});
