import { add, div, mul, sqrt, square, sub, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import { fusedAdamUpdate } from '../backend/adam-update.ts';
import { assertOptions } from '../options.ts';
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
}

const assertInterval = (name: string, value: number, from: number, below: number): void => {
  if (!(typeof value === 'number' && value >= from && value < below))
    throw new RangeError(`adam: ${name} must be a number in [${from}, ${below}), got ${value}`);
};

/**
 * Adam: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1, with PyTorch's order of operations:
 *
 *     m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,  p = p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + epsilon)
 *
 * @throws RangeError when an option is out of its range
 */
export const adam = (options: AdamOptions = {}): GradientOptimizer => {
  assertOptions('adam', options, { learningRate: 1, beta1: 1, beta2: 1, epsilon: 1, weightDecay: 1 });

  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  assertInterval('learningRate', learningRate, 0, Number.POSITIVE_INFINITY);
  assertInterval('beta1', beta1, 0, 1);
  assertInterval('beta2', beta2, 0, 1);
  assertInterval('epsilon', epsilon, 0, Number.POSITIVE_INFINITY);
  assertInterval('weightDecay', weightDecay, 0, Number.POSITIVE_INFINITY);
  return {
    kind: 'adam',
    learningRate,
    settings: { learningRate, beta1, beta2, epsilon, weightDecay },
    stateSize: 2,
    stateProblem: ([, second]) => {
      const wrong = second?.findIndex(value => value < 0) ?? -1;
      return wrong < 0 ? undefined : `its second moment must not be negative, got ${second?.[wrong]} at index ${wrong}`;
    },
    update: ({ parameters, gradient, state, step, learningRate: rate }: OptimizerInput): OptimizerOutput => {
      const [first, second] = state as readonly [Tensor1D, Tensor1D];
      const stepSize = rate / (1 - beta1 ** step);
      const secondCorrection = 1 / Math.sqrt(1 - beta2 ** step);
      const update = { beta1, beta2, epsilon, weightDecay, stepSize, secondCorrection };
      const [parametersNext, ...stateNext] = tidy(() => {
        const fused = fusedAdamUpdate({ parameters, gradient, first, second }, update);
        if (fused) return [...fused];
        const g = weightDecay === 0 ? gradient : add(gradient, mul(parameters, weightDecay));
        const m = add(mul(first, beta1), mul(g, 1 - beta1));
        const v = add(mul(second, beta2), mul(square(g), 1 - beta2));
        const denominator = add(mul(sqrt(v), secondCorrection), epsilon);
        return [sub(parameters, mul(div(m, denominator), stepSize)), m, v] as Tensor1D[];
      }) as [Tensor1D, Tensor1D, Tensor1D];
      return { parameters: parametersNext, state: stateNext };
    },
  };
};
