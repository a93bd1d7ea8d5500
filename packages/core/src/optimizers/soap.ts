/**
 * @file SOAP: Vyas et al. 2024, "SOAP: Improving and Stabilizing Shampoo using Adam", arXiv:2409.11321, algorithms 3
 *   and 4.
 */

import { add, mul, type Tensor1D, tensor1d, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { assertCount } from '../assert-number.ts';
import { fusedSoapUpdate } from '../backend/soap-update.ts';
import { adam, adamScalars, secondMomentProblem } from '../fit/adam.ts';
import { assertIntervals } from '../fit/assert-intervals.ts';
import type { GradientOptimizer, OptimizerInput, OptimizerOutput } from '../fit/optimizer.ts';
import { assertOptions } from '../options.ts';
import { type MatrixPartition, partition, weightMatrices } from './matrices.ts';
import { initialBases, sidesOf, standardBases, totalLength } from './soap-bases.ts';
import { rotationOf } from './soap-rotation.ts';

/** The options of {@link soap}. */
export interface SoapOptions {
  /** 1e-3 if absent, measured on SIRENs with omega 30. */
  readonly learningRate?: number;
  /** The decay of the first moment; 0.95 if absent. */
  readonly beta1?: number;
  /** The decay of the second moment; 0.95 if absent. */
  readonly beta2?: number;
  /** The decay of the Gram matrices; `beta2` if absent. */
  readonly gramBeta?: number;
  /** 1e-8 if absent. */
  readonly epsilon?: number;
  /** Decoupled as in `adamw`; 0 if absent. */
  readonly weightDecay?: number;
  /** Steps between renewals of the bases; 10 if absent. */
  readonly renewEvery?: number;
  /** The largest side of a matrix that gets a basis; a larger one keeps the standard basis. 256 if absent. */
  readonly maxSize?: number;
}

/** SOAP for a partition of the parameters; without one, no parameters are treated as matrices. */
const create = (options: SoapOptions, parts?: MatrixPartition, size = 0): GradientOptimizer => {
  const { learningRate = 1e-3, beta1 = 0.95, beta2 = 0.95, gramBeta = beta2, epsilon = 1e-8 } = options;
  const { weightDecay = 0, renewEvery = 10, maxSize = 256 } = options;
  assertIntervals('soap', { learningRate, epsilon, weightDecay }, Number.POSITIVE_INFINITY);
  assertIntervals('soap', { beta1, beta2, gramBeta }, 1);
  assertCount('soap: renewEvery', renewEvery);
  assertCount('soap: maxSize', maxSize);
  const inBases = adam({ learningRate, beta1, beta2, epsilon });
  const sides = sidesOf(parts?.shapes ?? [], maxSize);
  const rotation = parts && sides.length > 0 ? rotationOf(parts, sides) : undefined;
  const basesLength = totalLength(sides);

  const update = ({ parameters, gradient, state, ...at }: OptimizerInput): OptimizerOutput => {
    const [first, second, ...own] = state as [Tensor1D, Tensor1D, ...Tensor1D[]];
    const [grams, bases] = own as [Tensor1D?, Tensor1D?];
    const next = tidy(() => {
      const nextGrams = (): Tensor1D[] => (grams && rotation ? [rotation.nextGrams(grams, gradient, gramBeta)] : []);
      const unchanged = bases ? [bases.clone()] : [];
      if (at.step === 1)
        return [...[parameters, first, second].map(vector => vector.clone()), ...nextGrams(), ...unchanged];
      const now = { step: at.step - 1, learningRate: at.learningRate };
      const parameterScale = 1 - at.learningRate * weightDecay;
      const fused =
        grams &&
        bases &&
        rotation &&
        fusedSoapUpdate(
          { parameters, gradient, first, second, grams, bases },
          {
            ...adamScalars({ beta1, beta2, epsilon }, now),
            ...{ parameterScale, gramBeta, matrices: rotation.matrices },
          },
        );
      if (fused) return [fused.parameters, fused.first, fused.second, fused.grams, ...unchanged];
      const gramsNext = nextGrams();
      const moved = inBases.update({
        parameters: zerosLike(parameters),
        gradient: bases && rotation ? rotation.rotate(gradient, bases) : gradient,
        state: [first, second],
        ...now,
      });
      const change = bases && rotation ? rotation.rotate(moved.parameters, bases, true) : moved.parameters;
      const kept = weightDecay === 0 ? parameters : mul(parameters, parameterScale);
      return [add(kept, change), ...moved.state, ...gramsNext, ...unchanged];
    }) as [Tensor1D, ...Tensor1D[]];
    const [parametersNext, ...stateNext] = next;
    return { parameters: parametersNext, state: stateNext };
  };

  return {
    kind: 'soap',
    learningRate,
    settings: { learningRate, beta1, beta2, gramBeta, epsilon, weightDecay, renewEvery, maxSize },
    stateSize: rotation ? 4 : 2,
    ...(rotation && { stateLengths: [size, size, basesLength, basesLength] }),
    restart: () => [
      new Float32Array(size),
      new Float32Array(size),
      ...(rotation ? [new Float32Array(basesLength), standardBases(sides)] : []),
    ],
    stateProblem: ([, second]) => secondMomentProblem(second),
    bind: bound => create(options, partition(bound.layout.size, weightMatrices(bound)), bound.layout.size),
    update,
    async renewState(state, step) {
      if (rotation === undefined) return undefined;
      const [first, second, grams, bases] = state as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
      if (step === 1) {
        const values = (await grams.data()) as Float32Array;
        return [first, second, grams, tensor1d(await initialBases(sides, values))];
      }
      if ((step - 1) % renewEvery !== 0) return undefined;
      const renewed = await rotation.renew({ first, second, grams, bases });
      return [renewed.first, renewed.second, grams, renewed.bases];
    },
  };
};

/**
 * SOAP: Adam in the bases of the eigenvectors of Shampoo's Gram matrices. For the gradient G of a weight matrix W:
 *
 *     L = b L + (1 - b) G G',  R = b R + (1 - b) G' G,  G* = Q_L' G Q_R,  W = (1 - lr lambda) W - lr Q_L A(G*) Q_R'
 *
 * where A is the step of Adam from its moments of G*, and Q_L and Q_R are eigenvectors of L and R: computed at the
 * first step, then renewed every `renewEvery` steps by one power iteration and a QR factorisation. As in the authors'
 * code, the first step computes the bases and changes no parameters, and the Gram matrices are updated after each step.
 * Where a fit changes its model, bases, Gram matrices and moments begin again, from the standard basis.
 * Sides of more than `maxSize` features keep the standard basis. Weights of dense layers are matrices; in a batch of
 * fields each field has its own. Adam trains all other parameters.
 *
 * Memory: two values per parameter, plus four per element of a square matrix.
 *
 * @throws RangeError when an option is out of its range, TypeError when one is unknown
 */
export const soap = (options: SoapOptions = {}): GradientOptimizer => {
  assertOptions('soap', options, {
    learningRate: 1,
    beta1: 1,
    beta2: 1,
    gramBeta: 1,
    epsilon: 1,
    weightDecay: 1,
    renewEvery: 1,
    maxSize: 1,
  });
  return create(options);
};
