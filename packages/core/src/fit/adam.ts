import { add, div, mul, notEqual, sqrt, square, sub, type Tensor1D, tidy, where } from '@tensorflow/tfjs-core';
import { type AdamUpdate, type AdamVectors, fusedAdamUpdate } from '../backend/adam-update.ts';
import { assertOptions } from '../options.ts';
import { assertIntervals } from './assert-intervals.ts';
import type { GradientOptimizer, OptimizerInput, OptimizerOutput } from './optimizer.ts';

/**
 * The options of {@link adam}; names and defaults as in PyTorch, except for the learning rate, which is that of the
 * SIREN paper.
 */
export interface AdamOptions {
  /** 1e-4 if absent. */
  readonly learningRate?: number;
  /** The decay of the first moment; 0.9 if absent. */
  readonly beta1?: number;
  /** The decay of the second moment; 0.999 if absent. */
  readonly beta2?: number;
  /** 1e-8 if absent. Added outside the square root, after the bias correction. */
  readonly epsilon?: number;
  /** 0 if absent. L2 regularisation, added to the gradient. */
  readonly weightDecay?: number;
  /**
   * For tables of which a step reads few rows: elements whose gradient is exactly 0 keep their value and both moments,
   * instead of moving on by the moments of earlier steps. False if absent. The bias correction counts all steps.
   */
  readonly lazy?: boolean;
}

/** The variant of Adam, with its own defaults. */
export interface AdamVariant extends Required<Pick<AdamOptions, 'learningRate' | 'weightDecay'>> {
  readonly kind: string;
  /**
   * Whether the decay is separate from the gradient, p = (1 - lr lambda) p - ..., instead of a part of it: Loshchilov
   * and Hutter 2019, arXiv:1711.05101, algorithm 2.
   */
  readonly decoupled: boolean;
}

/** The scalars of a step of Adam without decay. @param step 1 for the first */
export const adamScalars = (
  { beta1, beta2, epsilon }: Required<Pick<AdamOptions, 'beta1' | 'beta2' | 'epsilon'>>,
  { step, learningRate }: Pick<OptimizerInput, 'step' | 'learningRate'>,
): Omit<AdamUpdate, 'weightDecay' | 'parameterScale' | 'lazy'> => ({
  beta1,
  beta2,
  epsilon,
  stepSize: learningRate / (1 - beta1 ** step),
  secondCorrection: 1 / Math.sqrt(1 - beta2 ** step),
});

/** Adam, or AdamW if the decay is decoupled. @throws RangeError or TypeError when an option is wrong */
export const adamVariant = (options: AdamOptions, { kind, decoupled, ...defaults }: AdamVariant): GradientOptimizer => {
  assertOptions(kind, options, { learningRate: 1, beta1: 1, beta2: 1, epsilon: 1, weightDecay: 1, lazy: 1 });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, lazy = false } = options;
  const { learningRate = defaults.learningRate, weightDecay = defaults.weightDecay } = options;
  assertIntervals(kind, { learningRate, epsilon, weightDecay }, Number.POSITIVE_INFINITY);
  assertIntervals(kind, { beta1, beta2 }, 1);
  if (typeof lazy !== 'boolean')
    throw new TypeError(`${kind}: lazy must be true or false, got ${JSON.stringify(lazy)}`);
  return {
    kind,
    learningRate,
    settings: { learningRate, beta1, beta2, epsilon, weightDecay, ...(lazy && { lazy: 1 }) },
    stateSize: 2,
    stateProblem: ([, second]) => secondMomentProblem(second),
    update: ({ parameters, gradient, state, step, learningRate: rate }: OptimizerInput): OptimizerOutput => {
      const [first, second] = state as readonly [Tensor1D, Tensor1D];
      const update: AdamUpdate = {
        ...adamScalars({ beta1, beta2, epsilon }, { step, learningRate: rate }),
        weightDecay: decoupled ? 0 : weightDecay,
        parameterScale: decoupled ? 1 - rate * weightDecay : 1,
        lazy,
      };
      const [parametersNext, ...stateNext] = tidy(() => {
        const vectors = { parameters, gradient, first, second };
        return [...(fusedAdamUpdate(vectors, update) ?? composedAdamUpdate(vectors, update))];
      }) as [Tensor1D, Tensor1D, Tensor1D];
      return { parameters: parametersNext, state: stateNext };
    },
  };
};

/** What is wrong with a second moment of a checkpoint; see `Optimizer.stateProblem`. */
export const secondMomentProblem = (second: Float32Array | undefined): string | undefined => {
  const wrong = second?.findIndex(value => value < 0) ?? -1;
  return wrong < 0 ? undefined : `its second moment must not be negative, got ${second?.[wrong]} at index ${wrong}`;
};

/** The next parameters, m and v in tfjs ops, for backends without a kernel. */
const composedAdamUpdate = (
  { parameters, gradient, first, second }: AdamVectors,
  { beta1, beta2, epsilon, weightDecay, stepSize, secondCorrection, parameterScale, lazy }: AdamUpdate,
): readonly Tensor1D[] => {
  const g = weightDecay === 0 ? gradient : add(gradient, mul(parameters, weightDecay));
  const m: Tensor1D = add(mul(first, beta1), mul(g, 1 - beta1));
  const v: Tensor1D = add(mul(second, beta2), mul(square(g), 1 - beta2));
  const denominator = add(mul(sqrt(v), secondCorrection), epsilon);
  const kept = parameterScale === 1 ? parameters : mul(parameters, parameterScale);
  const next: readonly Tensor1D[] = [sub(kept, mul(div(m, denominator), stepSize)), m, v];
  if (!lazy) return next;
  const moves = notEqual(gradient, 0);
  return [parameters, first, second].map((before, index) => where(moves, next[index] as Tensor1D, before));
};

/**
 * Adam: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1, with PyTorch's order of operations:
 *
 *     m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,  p = p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + epsilon)
 *
 * @throws RangeError when an option is out of its range
 */
export const adam = (options: AdamOptions = {}): GradientOptimizer =>
  adamVariant(options, { kind: 'adam', learningRate: 1e-4, weightDecay: 0, decoupled: false });
