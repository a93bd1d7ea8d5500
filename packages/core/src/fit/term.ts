/** @file The terms of an objective: points, the derivatives that are needed there, and a loss on the jet. */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Jet, JetSource } from '../jets/jet.ts';
import type { DerivativeRequest } from '../jets/request.ts';
import type { ParameterLayout } from '../params/layout.ts';
import type { FitStep, PointSource } from './points.ts';
import type { PointwiseLoss } from './pointwise-loss.ts';
import { factorAt, type Schedule } from './schedule.ts';

/** Some points of a term as tensors. */
export interface TensorBatch {
  /** `f32[n, inFeatures]` */
  readonly coords: Tensor2D;
  /** By name, each `f32[n, k]`. */
  readonly targets: Readonly<Record<string, Tensor2D>>;
}

/**
 * A loss on the jet at n points: one number for each point, `f32[n]` or `f32[n, ...]`, whose mean over all points and
 * further axes is the term's loss. (A scalar is taken as the mean over the points it was given.) Because it is a mean
 * of numbers that belong to single points, the loop may evaluate it in chunks.
 */
export interface PointLoss<R extends DerivativeRequest = Record<never, never>> {
  (jet: Jet<R>, batch: TensorBatch): Tensor;
  /** The derivatives that it needs; none if absent. */
  readonly derivatives?: R;
  /**
   * The derivatives of these numbers along a direction in which the jet moves by `moved`, in their shape: d loss / d
   * jet times `moved`. It is made of tfjs ops whose ordinary gradient is right, for products with a Hessian. Losses
   * that {@link pointwise} describes need none.
   */
  tangent?(jet: Jet<R>, moved: Jet<R>, batch: TensorBatch): Tensor;
  /** Figures derived from the mean loss, e.g. `psnr`. */
  readonly metrics?: Readonly<Record<string, (loss: number) => number>>;
  /** The same loss as data, if it can be said so: backends with a kernel for it are then faster. */
  readonly pointwise?: PointwiseLoss;
}

/** One term of an objective. Made by {@link term}. */
export interface Term {
  readonly name: string;
  /** Which of a model's fields it looks at; the only one if absent. */
  readonly field?: string;
  readonly points: PointSource;
  readonly derivatives: DerivativeRequest;
  readonly weight: number;
  /** A factor on the weight for every step; 1 if absent. */
  readonly weightSchedule?: Schedule;
  readonly metrics: Readonly<Record<string, (loss: number) => number>>;
  /** The same losses as data, if they can be said so. */
  readonly pointwise?: PointwiseLoss;
  /** The losses at the points of a batch: `f32[n, ...]`, or a scalar. */
  losses(field: JetSource, batch: TensorBatch): Tensor;
  /** Their derivatives along a direction in which the jet moves, where the loss gives them. */
  readonly tangent?: NonNullable<PointLoss<DerivativeRequest>['tangent']>;
}

/** A term of an objective that looks at parameters and not at points. Made by `parameterTerm`. */
export interface ParameterTerm extends Pick<Term, 'name' | 'field' | 'weight' | 'weightSchedule' | 'metrics'> {
  /** What a resumed run must agree on. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Whether it looks at some parameters at all. @throws RangeError when it does not */
  assertLayout(layout: ParameterLayout): void;
  /** The loss at a flat vector of parameters: a scalar. */
  loss(flat: Tensor1D, layout: ParameterLayout): Scalar;
  /**
   * Its derivative along a direction `f32[P]`, in tfjs ops whose ordinary gradient is right: for products with a
   * Hessian, which refuse terms without.
   */
  tangent?(flat: Tensor1D, direction: Tensor1D, layout: ParameterLayout): Scalar;
}

/** What an objective is a sum of. */
export type ObjectiveTerm = Term | ParameterTerm;

/** Tells the two kinds of terms apart. */
export const isPointTerm = (term: ObjectiveTerm): term is Term => 'points' in term;

/** The options of {@link term}. */
export interface TermOptions<R extends DerivativeRequest> {
  /** Names the term in progress and errors; `loss` if absent. Unique in an objective. */
  readonly name?: string;
  /** Which of a model's fields it looks at; the only one if absent. */
  readonly field?: string;
  readonly points: PointSource;
  /** The derivatives that the loss needs; those that the loss itself names if absent. */
  readonly derivatives?: R;
  readonly loss: PointLoss<R>;
  /** The factor on the term's mean loss; 1 if absent. */
  readonly weight?: number;
  /** A factor on the weight for every step, e.g. `cosine()` for one that falls to 0; 1 if absent. */
  readonly weightSchedule?: Schedule;
}

/**
 * Makes a term of an objective: weight times the mean of `loss` over the points.
 *
 * @throws RangeError when the weight is not a finite number
 */
export const term = <const R extends DerivativeRequest = Record<never, never>>(options: TermOptions<R>): Term => {
  const { name = 'loss', field, points, loss, weight = 1, weightSchedule } = options;
  if (!Number.isFinite(weight)) throw new RangeError(`term '${name}': weight must be a finite number, got ${weight}`);
  const { tangent } = loss;
  const derivatives = (options.derivatives ?? loss.derivatives ?? {}) as R;
  return {
    name,
    ...(field !== undefined && { field }),
    points,
    derivatives,
    weight,
    ...(weightSchedule && { weightSchedule }),
    metrics: loss.metrics ?? {},
    ...(loss.pointwise && { pointwise: loss.pointwise }),
    losses: (source, batch) => loss(source.jet(batch.coords, derivatives), batch),
    ...(tangent && { tangent: (jet, moved, batch) => tangent(jet as Jet<R>, moved as Jet<R>, batch) }),
  };
};

/**
 * The factor that a term's schedule puts on its weight at a step. @throws RangeError when it is negative or not finite
 */
export const weightFactorAt = ({ weightSchedule }: ObjectiveTerm, { step, steps }: FitStep): number =>
  weightSchedule ? factorAt(weightSchedule, step, steps) : 1;

/** The objective: the sum of the terms' mean losses, each times its weight at a step. */
export const weightedSum = (terms: readonly ObjectiveTerm[], termLosses: readonly number[], at: FitStep): number =>
  terms.reduce((sum, term, index) => sum + term.weight * weightFactorAt(term, at) * (termLosses[index] as number), 0);
