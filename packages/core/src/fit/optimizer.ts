/** @file Optimizers: pure functions from one flat vector of all parameters to the next. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Model } from '../model.ts';
import type { ParameterLayout } from '../params/layout.ts';
import type { FitStep } from './points.ts';
import type { ObjectiveTerm } from './term.ts';

/** The input of an update; P parameters in all. */
export interface OptimizerInput {
  /** `f32[P]` */
  readonly parameters: Tensor1D;
  /** `f32[P]` */
  readonly gradient: Tensor1D;
  /** The optimizer's own vectors, each `f32[P]` or as `stateLengths` says; zeros at the first step. */
  readonly state: readonly Tensor1D[];
  /** 1 for the first update. */
  readonly step: number;
  /** The rate of this step, with the factor of the schedule. */
  readonly learningRate: number;
}

/** The result of an update. */
export interface OptimizerOutput {
  readonly parameters: Tensor1D;
  readonly state: readonly Tensor1D[];
}

interface OptimizerBase {
  readonly kind: string;
  readonly learningRate: number;
  /** Everything that must be equal for a run to resume. */
  readonly settings: Readonly<Record<string, number>>;
  /**
   * What is wrong with the vectors of a checkpoint, as a clause after `the state of adam: `; `undefined` when nothing
   * is. Finiteness is already checked, and for a {@link GradientOptimizer} the lengths.
   *
   * @param size P
   */
  stateProblem?(state: readonly Float32Array[], size: number): string | undefined;
}

/** The parameters that an optimizer updates. */
export interface OptimizerParameters {
  /** Names, shapes, and offsets in the optimizer's vectors. */
  readonly layout: ParameterLayout;
  /** All parameters of the model; those in `layout` may be a group of them. */
  readonly model: ParameterLayout;
}

/**
 * An optimizer that takes a step from one gradient, e.g. `adam`. One flat vector on the device instead of many tensors
 * keeps the number of tfjs ops per step small.
 */
export interface GradientOptimizer extends OptimizerBase {
  /** The number of state vectors. */
  readonly stateSize: number;
  /** The length of each state vector; all P if absent. A fit with `adapt` needs P, or `restart`. */
  readonly stateLengths?: readonly number[];
  /**
   * For optimizers that treat matrices as such: the same optimizer for given parameters. A fit calls it once, and
   * updates with the result.
   */
  bind?(parameters: OptimizerParameters): GradientOptimizer;
  /** The fit disposes of every tensor that is created here and not returned. */
  update(input: OptimizerInput): OptimizerOutput;
  /**
   * The state to go on with where `adapt` has changed the model, for an optimizer whose vectors cannot be mapped
   * parameter by parameter: it begins again, in the middle of a fit.
   */
  restart?(): readonly Float32Array[];
  /**
   * For work on the host, e.g. factorisations: the state after an update, computed anew; `undefined` where the update's
   * remains. The caller disposes of the result; vectors that do not change may be returned as they are.
   *
   * @param state the update's
   * @param step the update's
   */
  renewState?(state: readonly Tensor1D[], step: number): Promise<readonly Tensor1D[] | undefined>;
}

/** The lengths of an optimizer's state vectors for P parameters. */
export const stateLengthsOf = ({ stateLengths, stateSize }: GradientOptimizer, size: number): readonly number[] =>
  stateLengths ?? Array.from({ length: stateSize }, () => size);

/** The loss and its gradient at some parameters. */
export interface Evaluation {
  /** The sum of weight times term loss. */
  readonly loss: number;
  /** `f32[P]` */
  readonly gradient: Float32Array;
}

/**
 * What a search minimises, for searches that need more than evaluations of it: `createCurvature` of
 * `@neural-fields/core/curvature` draws the same points with the same options.
 */
export interface SearchObjective {
  readonly model: Model;
  readonly terms: readonly ObjectiveTerm[];
  readonly seed: number;
  readonly at: FitStep;
  /** The same as the option of the fit. */
  readonly chunkSize?: number;
  /** Lets timers and signals run; throws when the fit is stopped. Call it between long computations. */
  readonly yieldToEventLoop: () => Promise<void>;
}

/** The input of a search; P parameters in all. */
export interface SearchInput extends Evaluation {
  /** `f32[P]` */
  readonly parameters: Float32Array;
  /** The optimizer's own vectors, as returned by the last search; none at the first step. */
  readonly state: readonly Float32Array[];
  readonly objective: SearchObjective;
  /**
   * Evaluates the same objective on the step's points at other parameters. The array must not be modified afterwards.
   */
  evaluate(parameters: Float32Array): Promise<Evaluation>;
}

/** The result of a search. */
export interface SearchOutput {
  /** The parameters of one of its evaluations, or the initial ones. */
  readonly parameters: Float32Array;
  readonly state: readonly Float32Array[];
}

/**
 * An optimizer that evaluates the objective several times per step, at parameters that it chooses, e.g. `lbfgs`. Its
 * vectors are on the host, where it computes in float64. It chooses step lengths itself, so it does not support
 * schedules and `clipNorm`.
 */
export interface SearchOptimizer extends OptimizerBase {
  /**
   * True where what it keeps from step to step describes one function: `fit` then refuses points that are drawn anew in
   * each step.
   */
  readonly needsFixedPoints?: boolean;
  search(input: SearchInput): Promise<SearchOutput>;
}

/** How the parameters of a fit change in a step. */
export type Optimizer = GradientOptimizer | SearchOptimizer;

/** Whether an optimizer is a search optimizer. */
export const isSearchOptimizer = (optimizer: Optimizer): optimizer is SearchOptimizer => 'search' in optimizer;
