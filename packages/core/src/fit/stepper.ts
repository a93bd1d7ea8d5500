/**
 * @file The two halves of a step of a fit, for either kind of optimizer: evaluating the objective, and updating the
 *   parameters.
 */
import type { Objective, StepDraw } from './objective.ts';
import type { FitProgress } from './progress.ts';
import type { ObjectiveTerm } from './term.ts';
import type { TermLoss } from './term-loss.ts';
import type { TrainingVectors } from './training-vectors.ts';

/** The evaluation of the objective at the current parameters. */
export interface StepEvaluation {
  /** The loss of every term, in order, without weights; absent when they were not read from the device. */
  readonly termLosses?: readonly TermLoss[];
  /** A problem other than a bad loss. */
  readonly fault?: string;
}

/** The part of a report that describes a step's update. */
export type UpdateReport = Pick<FitProgress, 'learningRate' | 'gradientNorm' | 'evaluations'>;

/** Takes the steps of a fit: each step evaluates, then updates, unless the evaluation is bad. */
export interface Stepper {
  /** @param reads whether to read the losses from the device */
  evaluate(at: StepDraw, reads: boolean): Promise<StepEvaluation>;
  update(at: StepDraw, reads: boolean): Promise<UpdateReport>;
  /** Disposes of what an evaluation has kept for the update. */
  dispose(): void;
}

/** The options that all steps share. */
export interface StepperOptions {
  readonly objective: Objective;
  readonly terms: readonly ObjectiveTerm[];
  readonly vectors: TrainingVectors;
  readonly averageDecay: number | undefined;
  /** Called between two chunks; may wait, and throws to stop the fit. */
  readonly yieldToEventLoop: () => Promise<void>;
}
