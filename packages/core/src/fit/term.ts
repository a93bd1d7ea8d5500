/** @file The terms of an objective: points, the derivatives to compute there, and a loss on the jet. */

import { type Scalar, Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { assertFinite } from '../assert-number.ts';
import type { Jet, JetSource } from '../jets/jet.ts';
import { assertRequest, type DerivativeRequest } from '../jets/request.ts';
import { assertOptions } from '../options.ts';
import type { ParameterLayout } from '../params/layout.ts';
import type { FitStep, PointSource } from './points.ts';
import type { PointwiseLoss } from './pointwise-loss.ts';
import { factorAt, type Schedule } from './schedule.ts';

/** A batch of a term's points as tensors. */
export interface TensorBatch {
  /** `f32[n, inFeatures]` */
  readonly coords: Tensor2D;
  /** By name, each `f32[n, k]`. */
  readonly targets: Readonly<Record<string, Tensor2D>>;
}

/**
 * A loss on the jet at n points: a value for each point, `f32[n]` or `f32[n, ...]`, whose mean over all points and
 * further axes is the term's loss. (A scalar is treated as the mean over the given points.) Because it is a mean over
 * points, the loop can evaluate it in chunks.
 */
export interface PointLoss<R extends DerivativeRequest = Record<never, never>> {
  (jet: Jet<R>, batch: TensorBatch): Tensor;
  /** The derivatives that it needs; none if absent. */
  readonly derivatives?: R;
  /**
   * The directional derivative of the loss: d loss / d jet times `moved`, a tangent of the jet; of the loss's shape. In
   * tfjs ops with a correct gradient, for Hessian-vector products. Losses with {@link pointwise} do not need it.
   */
  tangent?(jet: Jet<R>, moved: Jet<R>, batch: TensorBatch): Tensor;
  /** Metrics derived from the mean loss, e.g. `psnr`. */
  readonly metrics?: Readonly<Record<string, (loss: number) => number>>;
  /** The same loss as data, if possible: backends with a kernel for it are then faster. */
  readonly pointwise?: PointwiseLoss;
}

/** One term of an objective. Made by {@link term}. */
export interface Term {
  readonly name: string;
  /** The field of the model that it evaluates; the only one if absent. */
  readonly field?: string;
  readonly points: PointSource;
  readonly derivatives: DerivativeRequest;
  readonly weight: number;
  /** A factor on the weight for every step; 1 if absent. */
  readonly weightSchedule?: Schedule;
  readonly metrics: Readonly<Record<string, (loss: number) => number>>;
  /** The same loss as data, if possible. */
  readonly pointwise?: PointwiseLoss;
  /** The losses at the points of a batch: `f32[n, ...]`, or a scalar. */
  losses(field: JetSource, batch: TensorBatch): Tensor;
  /** The directional derivatives of the losses with respect to the jet, if the loss has them. */
  readonly tangent?: NonNullable<PointLoss<DerivativeRequest>['tangent']>;
}

/** A term of an objective on parameters instead of points. Made by `parameterTerm`. */
export interface ParameterTerm extends Pick<Term, 'name' | 'field' | 'weight' | 'weightSchedule' | 'metrics'> {
  /** Settings that must be equal for a run to resume. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** @throws RangeError when the term matches no parameters of the layout */
  assertLayout(layout: ParameterLayout): void;
  /** The loss at a flat vector of parameters: a scalar. */
  loss(flat: Tensor1D, layout: ParameterLayout): Scalar;
  /**
   * Its directional derivative along `f32[P]`, in tfjs ops with a correct gradient. Required for Hessian-vector
   * products.
   */
  tangent?(flat: Tensor1D, direction: Tensor1D, layout: ParameterLayout): Scalar;
}

/** A term of an objective. */
export type ObjectiveTerm = Term | ParameterTerm;

/** Whether a term is a point term. */
export const isPointTerm = (term: ObjectiveTerm): term is Term => 'points' in term;

/** The options of {@link term}. */
export interface TermOptions<R extends DerivativeRequest> {
  /** Names the term in progress and errors; `loss` if absent. Unique in an objective. */
  readonly name?: string;
  /** The field of the model that it evaluates; the only one if absent. */
  readonly field?: string;
  readonly points: PointSource;
  /** The derivatives that the loss needs; those of the loss if absent. */
  readonly derivatives?: R;
  readonly loss: PointLoss<R>;
  /** The factor on the term's mean loss; 1 if absent. */
  readonly weight?: number;
  /** A factor on the weight for every step, e.g. `cosine()` for one that decays to 0; 1 if absent. */
  readonly weightSchedule?: Schedule;
}

/**
 * Makes a term of an objective: weight times the mean of `loss` over the points.
 *
 * @throws RangeError when the weight is not a finite number, TypeError when there are no points or no loss
 */
export const term = <const R extends DerivativeRequest = Record<never, never>>(options: TermOptions<R>): Term => {
  assertOptions('term', options, {
    name: 1,
    field: 1,
    points: 1,
    derivatives: 1,
    loss: 1,
    weight: 1,
    weightSchedule: 1,
  });

  const { name = 'loss', field, points, loss, weight = 1, weightSchedule } = options;
  if (typeof points?.draw !== 'function')
    throw new TypeError(`term '${name}': points must be a source of points with a method draw, got ${typeof points}`);
  if (typeof loss !== 'function')
    throw new TypeError(`term '${name}': loss must be a function of a jet and a batch, got ${typeof loss}`);
  assertFinite(`term '${name}': weight`, weight);
  const { tangent } = loss;
  const derivatives = (options.derivatives ?? loss.derivatives ?? {}) as R;
  assertRequest(`term '${name}': derivatives`, derivatives);
  return {
    name,
    ...(field !== undefined && { field }),
    points,
    derivatives,
    weight,
    ...(weightSchedule && { weightSchedule }),
    metrics: loss.metrics ?? {},
    ...(loss.pointwise && { pointwise: loss.pointwise }),
    losses: (source, batch) => {
      const losses: unknown = loss(source.jet(batch.coords, derivatives), batch);
      if (losses instanceof Tensor) return losses;
      throw new TypeError(`term '${name}': the loss must return a tensor f32[n, ...], got ${typeof losses}`);
    },
    ...(tangent && { tangent: (jet, moved, batch) => tangent(jet as Jet<R>, moved as Jet<R>, batch) }),
  };
};

/** The factor of a term's weight schedule at a step. @throws RangeError when it is negative or not finite */
export const weightFactorAt = ({ weightSchedule }: ObjectiveTerm, { step, steps }: FitStep): number =>
  weightSchedule ? factorAt(weightSchedule, step, steps) : 1;

/** The objective: the sum of the terms' mean losses, each times its weight at a step. */
export const weightedSum = (terms: readonly ObjectiveTerm[], termLosses: readonly number[], at: FitStep): number =>
  terms.reduce((sum, term, index) => sum + term.weight * weightFactorAt(term, at) * (termLosses[index] as number), 0);
