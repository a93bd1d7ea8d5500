/** @file What an optimizer is: a pure function from one flat vector that holds all parameters to the next. */
import type { Tensor1D } from '@tensorflow/tfjs-core';

/** What an update starts from; P parameters in all. */
export interface OptimizerInput {
  /** `f32[P]` */
  readonly parameters: Tensor1D;
  /** `f32[P]` */
  readonly gradient: Tensor1D;
  /** The optimizer's own vectors, each `f32[P]`; zeros at the first step. */
  readonly state: readonly Tensor1D[];
  /** 1 for the first update. */
  readonly step: number;
  /** After the schedule. */
  readonly learningRate: number;
}

/** What an update leads to. */
export interface OptimizerOutput {
  readonly parameters: Tensor1D;
  readonly state: readonly Tensor1D[];
}

interface OptimizerBase {
  readonly kind: string;
  readonly learningRate: number;
  /** Everything that a resumed run must agree on. */
  readonly settings: Readonly<Record<string, number>>;
  /**
   * What is wrong with the vectors of a checkpoint, in words that follow `the state of adam: `; `undefined` when
   * nothing is. Their lengths and that they are finite were checked before.
   */
  stateProblem?(state: readonly Float32Array[]): string | undefined;
}

/**
 * An optimizer that takes a step from one gradient, e.g. `adam`. One flat vector on the device instead of many tensors
 * keeps the number of tfjs ops per step small.
 */
export interface GradientOptimizer extends OptimizerBase {
  /** How many vectors of state it keeps. */
  readonly stateSize: number;
  /** The fit frees every tensor that is made here and not returned. */
  update(input: OptimizerInput): OptimizerOutput;
}

/** The loss and its gradient at some parameters. */
export interface Evaluation {
  /** The sum of weight times term loss. */
  readonly loss: number;
  /** `f32[P]` */
  readonly gradient: Float32Array;
}

/** What a search starts from; P parameters in all. */
export interface SearchInput extends Evaluation {
  /** `f32[P]` */
  readonly parameters: Float32Array;
  /** The optimizer's own vectors, each `f32[P]`, as many as the last search gave; none at the first step. */
  readonly state: readonly Float32Array[];
  /**
   * The same objective on the step's own points, at other parameters. What it is given must not be changed afterwards.
   */
  evaluate(parameters: Float32Array): Promise<Evaluation>;
}

/** What a search leads to. */
export interface SearchOutput {
  /** Those of an evaluation, or those that it started from. */
  readonly parameters: Float32Array;
  readonly state: readonly Float32Array[];
}

/**
 * An optimizer that evaluates the objective at parameters of its own choice in each step, e.g. `lbfgs`. Its vectors are
 * on the host, where it reckons with them in float64. It finds the length of its steps and their end itself, so
 * schedules and `clipNorm` do not go with it.
 */
export interface SearchOptimizer extends OptimizerBase {
  search(input: SearchInput): Promise<SearchOutput>;
}

/** How the parameters of a fit change in a step. */
export type Optimizer = GradientOptimizer | SearchOptimizer;

/** Tells the two kinds of optimizers apart. */
export const isSearchOptimizer = (optimizer: Optimizer): optimizer is SearchOptimizer => 'search' in optimizer;
