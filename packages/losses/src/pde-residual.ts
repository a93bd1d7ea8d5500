import type { DerivativeRequest, Jet, PointLoss, TensorBatch } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { type Penalty, penalise, penaltyTangent, squared } from './penalty.ts';
import type { Targets } from './targets.ts';

/**
 * The left-hand side minus the right-hand side of a differential equation at n points: `f32[n, ...]`.
 *
 * @param jet the field's value and the derivatives that the term requests
 * @param coords `f32[n, d]`
 * @param targets those of the points, e.g. a source
 */
export type Residual<R extends DerivativeRequest> = (jet: Jet<R>, coords: Tensor2D, targets: Targets) => Tensor;

/** The options of {@link pdeResidual}. */
export interface PdeResidualOptions<R extends DerivativeRequest> {
  /** Squared if absent. */
  readonly penalty?: Penalty;
  /**
   * The derivative of the residual along `direction`, a change of the jet, for Hessian-vector products. For an equation
   * that is linear in the jet it is the residual of `direction` without sources: `(_jet, { second: [tt, xx] }) =>
   * sub(tt, xx)`.
   */
  readonly residualTangent?: (jet: Jet<R>, direction: Jet<R>, coords: Tensor2D, targets: Targets) => Tensor;
}

/**
 * The loss of any differential equation: the penalty of its residual, averaged over points and equations.
 *
 *     // u_tt = u_xx
 *     term({ points, derivatives: { second: [[1, 0], [0, 1]] }, loss: pdeResidual(({ second: [tt, xx] }) => sub(tt, xx)) })
 *
 * @param residual see {@link Residual}
 */
export const pdeResidual = <const R extends DerivativeRequest>(
  residual: Residual<R>,
  options: PdeResidualOptions<R> = {},
): PointLoss<R> => {
  assertOptions('pdeResidual', options, { penalty: 1, residualTangent: 1 });
  const { penalty = squared, residualTangent } = options;

  const loss: PointLoss<R> = (jet, { coords, targets }) => penalise(penalty, residual(jet, coords, targets));
  if (residualTangent === undefined) return loss;
  return Object.assign(loss, {
    tangent: (jet: Jet<R>, direction: Jet<R>, { coords, targets }: TensorBatch) =>
      penaltyTangent(penalty, residual(jet, coords, targets), residualTangent(jet, direction, coords, targets)),
  });
};
