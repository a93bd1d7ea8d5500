/** @file L-BFGS: Nocedal and Wright, Numerical Optimization, 2nd edition, 2006, chapter 7. */
import { assertCount, assertPositive } from '../assert-number.ts';
import { assertOptions } from '../options.ts';
import { addTo, dot, largest } from './host-vectors.ts';
import { searchLine, type Trial } from './line-search.ts';
import type { Evaluation, SearchInput, SearchOptimizer, SearchOutput } from './optimizer.ts';

/** The options of {@link lbfgs}; names and defaults as in PyTorch's `LBFGS` with `line_search_fn='strong_wolfe'`. */
export interface LbfgsOptions {
  /** The first step length of the line search, in units of the quasi-Newton step; 1 if absent. */
  readonly learningRate?: number;
  /** Iterations per step of the fit, all on the same points; 20 if absent. */
  readonly maxIterations?: number;
  /** No further iteration begins after this many evaluations in a step; 1.25 `maxIterations` if absent. */
  readonly maxEvaluations?: number;
  /** A step ends when no component of the gradient is larger; 1e-7 if absent. */
  readonly toleranceGradient?: number;
  /**
   * A step ends when no parameter changes by more; 1e-9 if absent. (PyTorch also compares losses with it, whose scale
   * depends on the problem.)
   */
  readonly toleranceChange?: number;
  /**
   * The number of vector pairs in the history; 100 if absent. Memory is 8 bytes times this per parameter, and the time
   * of a search grows with it.
   */
  readonly historySize?: number;
  /** c1 of the Wolfe conditions; 1e-4 if absent. */
  readonly sufficientDecrease?: number;
  /** c2 of the Wolfe conditions, above c1; 0.9 if absent. */
  readonly curvature?: number;
}

/** The maximum number of trials of a line search, as in PyTorch. */
const MAX_TRIALS = 25;
/** Pairs with cos(s, y) at or below this have no reliable positive curvature, and are skipped. */
const MIN_COSINE = 1e-10;

/** The changes of parameters (s) and gradient (y) in an iteration. */
interface Pair {
  readonly s: Float32Array;
  readonly y: Float32Array;
  /** s . y */
  readonly curvature: number;
}

const difference = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value - b[i]!);

/**
 * The direction -H g by the two-loop recursion, algorithm 7.4, with H_0 = (s . y) / (y . y) of the newest pair,
 * equation 7.20.
 *
 * @param pairs the oldest first
 */
const direction = (gradient: Float32Array, pairs: readonly Pair[]): Float64Array => {
  const q = new Float64Array(gradient.length);
  addTo(q, -1, gradient);
  const newest = pairs.at(-1);
  if (newest === undefined) return q;
  const alphas = new Array<number>(pairs.length);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, curvature } = pairs[i]!;
    alphas[i] = dot(s, q) / curvature;
    addTo(q, -alphas[i]!, y);
  }
  const scale = newest.curvature / dot(newest.y, newest.y);
  for (let i = 0; i < q.length; i++) q[i]! *= scale;
  for (const [i, { s, y, curvature }] of pairs.entries()) addTo(q, alphas[i]! - dot(y, q) / curvature, s);
  return q;
};

/** A trial with its parameters and evaluation. */
interface Point extends Trial, Evaluation {
  readonly parameters: Float32Array;
}

const pairOf = (s: Float32Array, y: Float32Array): Pair => ({ s, y, curvature: dot(s, y) });

const pairsOf = (state: readonly Float32Array[]): Pair[] =>
  Array.from({ length: state.length / 2 }, (_, i) => pairOf(state[2 * i]!, state[2 * i + 1]!));

/**
 * L-BFGS (algorithm 7.5) with a line search for the strong Wolfe conditions. It needs few steps where the objective is
 * smooth. A step of the fit is up to `maxIterations` iterations. The line search compares losses, and the curvature
 * history compares gradients, so `fit` refuses points that are drawn anew in each step: all points must be `fixed`.
 *
 * Parameters and gradients are float32 as in all fits; products and sums are computed in float64, on the host.
 *
 * @throws RangeError when an option is out of its range
 */
export const lbfgs = (options: LbfgsOptions = {}): SearchOptimizer => {
  assertOptions('lbfgs', options, {
    learningRate: 1,
    maxIterations: 1,
    maxEvaluations: 1,
    toleranceGradient: 1,
    toleranceChange: 1,
    historySize: 1,
    sufficientDecrease: 1,
    curvature: 1,
  });

  const { learningRate = 1, maxIterations = 20, maxEvaluations = Math.floor(1.25 * maxIterations) } = options;
  const { toleranceGradient = 1e-7, toleranceChange = 1e-9, historySize = 100 } = options;
  const { sufficientDecrease = 1e-4, curvature = 0.9 } = options;
  assertPositive('lbfgs: learningRate', learningRate);
  for (const [name, value] of Object.entries({ maxIterations, maxEvaluations, historySize }))
    assertCount(`lbfgs: ${name}`, value);
  for (const [name, value] of Object.entries({ toleranceGradient, toleranceChange }))
    if (!(typeof value === 'number' && value >= 0))
      throw new RangeError(`lbfgs: ${name} must be a number >= 0, got ${value}`);
  if (!(sufficientDecrease > 0 && sufficientDecrease < curvature && curvature < 1))
    throw new RangeError(
      `lbfgs: must have 0 < sufficientDecrease < curvature < 1, got sufficientDecrease ${sufficientDecrease} and curvature ${curvature}`,
    );

  const search = async ({ evaluate, state, ...start }: SearchInput): Promise<SearchOutput> => {
    let now: Omit<Point, 'length' | 'derivative'> = start;
    let pairs = pairsOf(state);
    let evaluations = 1;
    for (let iteration = 0; iteration < maxIterations; iteration++) {
      if (iteration > 0 && evaluations >= maxEvaluations) break;
      const { parameters, gradient, loss } = now;
      if (largest(gradient) <= toleranceGradient) break;
      let along = direction(gradient, pairs);
      let derivative = dot(gradient, along);
      if (!(derivative < 0)) {
        // Rounding, or pairs from other weights of the terms: the history is not usable here.
        pairs = [];
        along = direction(gradient, pairs);
        derivative = dot(gradient, along);
        if (!(derivative < 0)) break;
      }
      const attempt = async (length: number): Promise<Point> => {
        evaluations += 1;
        const trial = parameters.map((value, i) => value + length * along[i]!);
        const evaluation = await evaluate(trial);
        return { ...evaluation, parameters: trial, length, derivative: dot(evaluation.gradient, along) };
      };
      // Without curvature information the gradient has no natural scale: limit the total change of the parameters to 1,
      // as PyTorch does.
      const first =
        learningRate * (pairs.length > 0 ? 1 : Math.min(1, 1 / gradient.reduce((sum, g) => sum + Math.abs(g), 0)));
      const shortest = toleranceChange / largest(along);
      const found = await searchLine({ length: 0, loss, derivative }, attempt, {
        first,
        sufficientDecrease,
        curvature,
        maxTrials: MAX_TRIALS,
        shortest,
      });
      if (found === undefined) {
        // The next attempt, at the latest in the next step, follows the negative gradient.
        if (pairs.length === 0) break;
        pairs = [];
        continue;
      }
      const s = difference(found.parameters, parameters);
      const pair = pairOf(s, difference(found.gradient, gradient));
      if (pair.curvature > MIN_COSINE * Math.sqrt(dot(s, s) * dot(pair.y, pair.y)))
        pairs = [...pairs, pair].slice(-historySize);
      now = found;
      if (largest(s) <= toleranceChange) break;
    }
    return { parameters: now.parameters, state: pairs.flatMap(({ s, y }) => [s, y]) };
  };

  return {
    kind: 'lbfgs',
    needsFixedPoints: true,
    learningRate,
    settings: {
      learningRate,
      maxIterations,
      maxEvaluations,
      toleranceGradient,
      toleranceChange,
      historySize,
      sufficientDecrease,
      curvature,
    },
    stateProblem: (state, size) => {
      const { length } = state;
      if (length % 2 !== 0 || length > 2 * historySize)
        return `it must have at most ${historySize} pairs of vectors, got ${length} vectors`;
      const wrong = state.find(vector => vector.length !== size);
      return wrong && `its vectors must be [${size}], got [${wrong.length}]`;
    },
    search,
  };
};
