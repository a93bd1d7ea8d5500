/**
 * @file Muon: Jordan 2024, "Muon: An optimizer for hidden layers in neural networks",
 *   kellerjordan.github.io/posts/muon.
 */

import {
  add,
  div,
  eye,
  matMul,
  mul,
  sqrt,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { assertPositive } from '../assert-number.ts';
import { fusedMuonUpdate, type MuonMatrices, type MuonUpdate } from '../backend/muon-update.ts';
import { type AdamOptions, adam, secondMomentProblem } from '../fit/adam.ts';
import { assertIntervals } from '../fit/assert-intervals.ts';
import type { GradientOptimizer, OptimizerInput, OptimizerOutput } from '../fit/optimizer.ts';
import { assertOptions } from '../options.ts';
import { hiddenMatrices, type MatrixPartition, type MatrixParts, partition } from './matrices.ts';

/** The options of {@link muon}. */
export interface MuonOptions {
  /** The learning rate of hidden matrices; 4e-3 if absent, measured on SIRENs with omega 30. */
  readonly learningRate?: number;
  /** The decay of the momentum; 0.95 if absent. */
  readonly momentum?: number;
  /** The weight decay of hidden matrices, decoupled as in `adamw`; 0 if absent. */
  readonly weightDecay?: number;
  /** Adam's options for all other parameters: first and last layers, biases, tables. Learning rate 1e-3 if absent. */
  readonly adam?: AdamOptions;
}

/** The coefficients of the Newton-Schulz iteration, which maximise its slope at 0; section "Newton-Schulz". */
const ITERATION = { a: 3.4445, b: -4.775, c: 2.0315, iterations: 5, epsilon: 1e-7 } as const;

/**
 * The nearest semi-orthogonal matrices, up to singular values between about 0.7 and 1.2: five iterations of X = a X +
 * (b X X' + c (X X')^2) X. The products are with the smaller of X X' and X' X.
 *
 * @param stack `f32[count, rows, columns]`
 */
const orthogonalise = (stack: Tensor3D, { a, b, c, iterations, epsilon }: MuonUpdate): Tensor3D => {
  const [, rows, columns] = stack.shape;
  const isTall = rows > columns;
  const identity = eye(Math.min(rows, columns));
  const [shift, first] = [mul(identity, b / c), mul(identity, a)];
  let x: Tensor3D = div(stack, add(sqrt(sum(square(stack), [1, 2], true)), epsilon));
  for (let i = 0; i < iterations; i++) {
    const gram = matMul(x, x, isTall, !isTall);
    const factor = add(mul(matMul(gram, add(gram, shift)), c), first);
    x = isTall ? matMul(x, factor) : matMul(factor, x);
  }
  return x;
};

/** The update in tfjs ops; backends with a kernel for it compute the same. */
const composedMuonUpdate = (
  { parameters, gradient, first }: MuonMatrices,
  update: MuonUpdate,
): readonly [parameters: Tensor3D, first: Tensor3D] => {
  const { momentum, parameterScale, stepSize } = update;
  const scaled = mul(gradient, 1 - momentum);
  const next: Tensor3D = add(mul(first, momentum), scaled);
  const direction = orthogonalise(add(mul(next, momentum), scaled), update);
  return [sub(mul(parameters, parameterScale), mul(direction, stepSize)), next];
};

/** Muon for a partition of the parameters; without one, Adam trains all of them. */
const create = (options: MuonOptions, parts?: MatrixPartition): GradientOptimizer => {
  const { learningRate = 4e-3, momentum = 0.95, weightDecay = 0, adam: adamOptions = {} } = options;
  assertPositive('muon: learningRate', learningRate);
  assertIntervals('muon', { momentum }, 1);
  assertIntervals('muon', { weightDecay }, Number.POSITIVE_INFINITY);
  const others = adam({ ...adamOptions, learningRate: adamOptions.learningRate ?? 1e-3 });
  const otherSettings = Object.entries(others.settings).map(([name, value]) => [`adam.${name}`, value] as const);

  /** The next matrices and their momentum. */
  const updateStack = (matrices: MuonMatrices, rate: number): readonly [parameters: Tensor3D, first: Tensor3D] => {
    const [, inFeatures, outFeatures] = matrices.parameters.shape;
    const update: MuonUpdate = {
      ...ITERATION,
      momentum,
      parameterScale: 1 - rate * weightDecay,
      // In the paper, the rows of a matrix are the outputs.
      stepSize: rate * Math.sqrt(Math.max(1, outFeatures / inFeatures)),
    };
    return fusedMuonUpdate(matrices, update) ?? composedMuonUpdate(matrices, update);
  };

  return {
    kind: 'muon',
    learningRate,
    settings: { learningRate, momentum, weightDecay, ...Object.fromEntries(otherSettings) },
    stateSize: others.stateSize,
    stateProblem: ([, second]) => secondMomentProblem(second),
    bind: bound => create(options, partition(bound.layout.size, hiddenMatrices(bound))),
    update: (input: OptimizerInput): OptimizerOutput => {
      const rate = input.learningRate;
      const otherRate = others.learningRate * (rate / learningRate);
      if (parts === undefined) return others.update({ ...input, learningRate: otherRate });
      const [parameters, ...state] = tidy(() => {
        const [p, g, m, v] = [input.parameters, input.gradient, ...input.state].map(vector => parts.take(vector)) as [
          MatrixParts,
          MatrixParts,
          MatrixParts,
          MatrixParts,
        ];
        const stacks = p.stacks.map((parameters, i) =>
          updateStack({ parameters, gradient: g.stacks[i]!, first: m.stacks[i]! }, rate),
        );
        const rest = others.update({
          parameters: p.rest,
          gradient: g.rest,
          state: [m.rest, v.rest],
          step: input.step,
          learningRate: otherRate,
        });
        const [first, second] = rest.state as [Tensor1D, Tensor1D];
        return [
          parts.join({ stacks: stacks.map(([next]) => next), rest: rest.parameters }),
          parts.join({ stacks: stacks.map(([, next]) => next), rest: first }),
          // The second moment of the other parameters only: zeros for the matrices.
          parts.join({ stacks: v.stacks, rest: second }),
        ];
      }) as [Tensor1D, Tensor1D, Tensor1D];
      return { parameters, state };
    },
  };
};

/**
 * Muon: the momentum of each hidden weight matrix is made orthogonal, so that a step changes all of its singular
 * directions alike. For G [out, in], the transpose of our weights' gradient:
 *
 *     M = mu M + (1 - mu) G,  U = (1 - mu) G + mu M,  W = (1 - lr lambda) W - lr sqrt(max(1, out / in)) O(U)
 *
 * where O is five Newton-Schulz iterations, in float32 (the author's code has bfloat16). Hidden matrices are those of
 * dense layers that are neither the first nor the last of their list of layers; in a batch of fields each field has its
 * own. Adam trains all other parameters. Schedules apply to both learning rates.
 *
 * @throws RangeError when an option is out of its range, TypeError when one is unknown
 */
export const muon = (options: MuonOptions = {}): GradientOptimizer => {
  assertOptions('muon', options, { learningRate: 1, momentum: 1, weightDecay: 1, adam: 1 });
  return create(options);
};
