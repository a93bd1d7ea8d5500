import type { FitProgress } from '@neural-fields/core';
import type { FieldsProblem } from '../protocol.ts';

/** More steps than any run takes. */
export const ENDLESS = 1_000_000_000;

/** Takes a step of an endless fit, and returns the loss before its update. */
export const nextLoss = async (progress: AsyncGenerator<FitProgress, void>): Promise<number> => {
  const { value } = await progress.next();
  if (value === undefined) throw new Error('the fit has ended');
  return value.loss;
};

/** A training run of many fields from their initial parameters. */
export interface FieldsRun {
  /** Takes `count` steps of all fields, and returns the sum of their losses before the first update. */
  steps(count: number): Promise<number>;
  dispose(): Promise<void>;
}

/** A way to train many fields. */
export interface FieldsProgram {
  start(problem: FieldsProblem): FieldsRun;
  /** The number of steps that must be timed together, where one alone would not be representative. */
  readonly minSteps?: number;
  /** At the initial parameters: f32[b, P]. */
  gradient(problem: FieldsProblem): Promise<Float32Array>;
}
