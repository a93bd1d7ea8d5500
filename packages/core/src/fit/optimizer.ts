/** @file What an optimizer is: a pure update of one flat vector that holds all parameters. */
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

/** A first-order optimizer. One flat vector instead of many tensors keeps the number of tfjs ops per step small. */
export interface Optimizer {
  readonly kind: string;
  readonly learningRate: number;
  /** Everything that a resumed run must agree on. */
  readonly settings: Readonly<Record<string, number>>;
  /** How many vectors of state it keeps. */
  readonly stateSize: number;
  update(input: OptimizerInput): OptimizerOutput;
}
