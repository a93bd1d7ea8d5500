/**
 * @file The Gauss-Newton method with Levenberg-Marquardt damping; conjugate gradients solve its linear systems. Martens
 *   2010, "Deep learning via Hessian-free optimization"; Nocedal and Wright, Numerical Optimization, 2nd edition, 2006,
 *   section 10.3.
 */

import { tensor1d } from '@tensorflow/tfjs-core';
import { assertCount, assertPositive } from '../assert-number.ts';
import { assertIntervals } from '../fit/assert-intervals.ts';
import { addTo, dot } from '../fit/host-vectors.ts';
import type { SearchInput, SearchOptimizer, SearchOutput } from '../fit/optimizer.ts';
import { assertOptions } from '../options.ts';
import { type Curvature, createCurvature } from '../tangent/curvature.ts';
import { solveConjugateGradients } from './conjugate-gradients.ts';

/** The options of {@link gaussNewton}. */
export interface GaussNewtonOptions {
  /** The first damping, relative to the curvature along the first gradient; 1e-3 if absent. */
  readonly damping?: number;
  /** The maximum number of products with the matrix per linear system; 100 if absent. */
  readonly maxProducts?: number;
  /** A linear system counts as solved when its residual has this norm, relative to the gradient's; 1e-3 if absent. */
  readonly tolerance?: number;
  /** The maximum number of damping values that are tried in a step; 8 if absent. */
  readonly maxTrials?: number;
}

/** A float32 loss cannot resolve a smaller relative decrease than this. */
const ROUNDING = 2 ** -23;

/** The damping, and the factor by which it grows when the next trial fails too. */
interface Damping {
  readonly lambda: number;
  readonly growth: number;
}

const FIRST_GROWTH = 2;

/**
 * The next damping, from the decrease of the loss relative to that of the quadratic model: Nielsen 1999, "Damping
 * parameter in Marquardt's method", equation 2.4.
 */
const nextDamping = ({ lambda, growth }: Damping, ratio: number): Damping =>
  ratio > 0
    ? { lambda: lambda * Math.max(1 / 3, 1 - (2 * ratio - 1) ** 3), growth: FIRST_GROWTH }
    : { lambda: lambda * growth, growth: 2 * growth };

/** The products of the Gauss-Newton matrix at given parameters with vectors on the host. */
const productsAt = (
  curvature: Curvature,
  parameters: Float32Array,
  yieldToEventLoop: () => Promise<void>,
): ((v: Float64Array) => Promise<Float64Array>) => {
  return async v => {
    await yieldToEventLoop();
    const tensors = [tensor1d(Float32Array.from(v)), tensor1d(parameters)] as const;
    try {
      const product = curvature.gaussNewton(...tensors);
      try {
        return Float64Array.from(await product.data());
      } finally {
        product.dispose();
      }
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  };
};

/**
 * The Gauss-Newton method: a step solves (G + lambda I) s = -g by conjugate gradients with the products G v of
 * `@neural-fields/core/curvature`, and is accepted if the loss decreases. It needs few steps, of many products each,
 * and suits small networks whose residuals become small, e.g. solutions of differential equations. Losses are compared
 * on the points of one step, so the points may be drawn anew in each; all points are better. The loss of every term
 * needs a `tangent`, which e.g. `pointwiseLoss` provides.
 *
 * Parameters, gradients and products are float32; the linear systems are solved in float64, on the host.
 *
 * @throws RangeError when an option is out of its range, TypeError when one is unknown
 */
export const gaussNewton = (options: GaussNewtonOptions = {}): SearchOptimizer => {
  assertOptions('gaussNewton', options, { damping: 1, maxProducts: 1, tolerance: 1, maxTrials: 1 });
  const { damping = 1e-3, maxProducts = 100, tolerance = 1e-3, maxTrials = 8 } = options;
  assertPositive('gaussNewton: damping', damping);
  assertIntervals('gaussNewton', { tolerance }, 1);
  for (const [name, value] of Object.entries({ maxProducts, maxTrials })) assertCount(`gaussNewton: ${name}`, value);

  const searchWith = async (input: SearchInput, curvature: Curvature): Promise<SearchOutput> => {
    const { parameters, gradient, loss, state, evaluate, objective } = input;
    const unchanged = { parameters, state };
    const multiply = productsAt(curvature, parameters, objective.yieldToEventLoop);
    const slope = Float64Array.from(gradient);
    const squared = dot(slope, slope);
    if (squared === 0) return unchanged;
    const [lambda, growth] = state[0] ?? [];
    let now: Damping =
      lambda === undefined || growth === undefined
        ? { lambda: damping * Math.abs(dot(slope, await multiply(slope)) / squared), growth: FIRST_GROWTH }
        : { lambda, growth };
    for (let trial = 0; trial < maxTrials; trial++) {
      const { solution, residual } = await solveConjugateGradients(
        multiply,
        slope.map(value => -value),
        {
          shift: now.lambda,
          maxProducts,
          tolerance,
        },
      );
      // The quadratic model's change g s + s G s / 2, where (G + lambda I) s = -g - residual.
      const curved = -dot(slope, solution) - dot(residual, solution) - now.lambda * dot(solution, solution);
      const predicted = dot(slope, solution) + curved / 2;
      if (!(-predicted > ROUNDING * Math.abs(loss))) return unchanged;
      const moved = Float64Array.from(parameters);
      addTo(moved, 1, solution);
      const found = Float32Array.from(moved);
      const { loss: there } = await evaluate(found);
      const ratio = Number.isFinite(there) ? (there - loss) / predicted : 0;
      now = nextDamping(now, ratio);
      if (ratio > 0) return { parameters: found, state: [Float32Array.of(now.lambda, now.growth)] };
    }
    return { parameters, state: [Float32Array.of(now.lambda, now.growth)] };
  };

  return {
    kind: 'gaussNewton',
    learningRate: 1,
    settings: { damping, maxProducts, tolerance, maxTrials },
    stateProblem: state =>
      state.length === 0 || (state.length === 1 && state[0]?.length === 2 && state[0].every(value => value >= 0))
        ? undefined
        : 'it must have the damping and its growth, both at least 0',
    async search(input) {
      const { model, terms, seed, at, chunkSize } = input.objective;
      const curvature = createCurvature(model, terms, { seed, at, ...(chunkSize !== undefined && { chunkSize }) });
      try {
        return await searchWith(input, curvature);
      } finally {
        curvature.dispose();
      }
    },
  };
};
