/**
 * @file The two halves of a step of a fit, for either kind of optimizer: looking at the objective, and moving the
 * parameters.
 */
import type { Objective, StepDraw } from './objective.ts';
import type { FitProgress } from './progress.ts';
import type { ObjectiveTerm } from './term.ts';
import type { TermLoss } from './term-loss.ts';
import type { TrainingVectors } from './training-vectors.ts';

/** What was seen at the present parameters. */
export interface StepEvaluation {
  /** The loss of every term, in order, without weights; absent when they were not read from the device. */
  readonly termLosses?: readonly TermLoss[];
  /** What is wrong beside the losses. */
  readonly fault?: string;
}

/** What a report says of a step's move. */
export type UpdateFigures = Pick<FitProgress, 'learningRate' | 'gradientNorm' | 'evaluations'>;

/** Takes the steps of a fit. For each step it looks, then moves, unless what was seen is bad. */
export interface Stepper {
  /** @param reads whether the losses have to be read from the device */
  evaluate(at: StepDraw, reads: boolean): Promise<StepEvaluation>;
  update(at: StepDraw, reads: boolean): Promise<UpdateFigures>;
  /** Frees what a look has left for a move. */
  dispose(): void;
}

/** What all steps share. */
export interface StepperOptions {
  readonly objective: Objective;
  readonly terms: readonly ObjectiveTerm[];
  readonly vectors: TrainingVectors;
  readonly averageDecay: number | undefined;
  /** Called between two chunks; may wait, and may throw to stop. */
  readonly yieldToEventLoop: () => Promise<void>;
}
