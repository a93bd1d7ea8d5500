/** @file The two halves of a step of a fit, for either kind of optimizer: looking at the objective, and moving the parameters. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Objective, StepDraw } from './objective.ts';
import type { FitProgress } from './progress.ts';
import type { ObjectiveTerm } from './term.ts';
import type { TrainingVectors } from './training-vectors.ts';

/** The loss of one term, without its weight. */
export interface TermLoss {
  /** The mean over the points, and over the fields where there are many. */
  readonly mean: number;
  /** The sum over the fields of their means, which is what the gradient is of. */
  readonly sum: number;
  /** Of each field, where there are many. */
  readonly fields?: Float32Array;
}

/** What was seen at the present parameters. */
export interface Look {
  /** The loss of every term, in order, without weights; absent when they were not read from the device. */
  readonly termLosses?: readonly TermLoss[];
  /** What is wrong beside the losses. */
  readonly fault?: string;
}

/** What a report says of a step's move. */
export type MoveFigures = Pick<FitProgress, 'learningRate' | 'gradientNorm' | 'evaluations'>;

/** Takes the steps of a fit. For each step it looks, then moves, unless what was seen is bad. */
export interface Stepper {
  /** @param reads whether the losses have to be read from the device */
  look(at: StepDraw, reads: boolean): Promise<Look>;
  move(at: StepDraw, reads: boolean): Promise<MoveFigures>;
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
  readonly breathe: () => Promise<void>;
}

/** Reads the losses of terms from the device. */
export const readLosses = (losses: readonly Tensor[]): Promise<TermLoss[]> =>
  Promise.all(
    losses.map(async loss => {
      const values = (await loss.data()) as Float32Array;
      if (loss.rank === 0) return { mean: values[0] as number, sum: values[0] as number };
      const sum = values.reduce((total, value) => total + value, 0);
      return { mean: sum / values.length, sum, fields: values.slice() };
    }),
  );

/** The means of losses. */
export const meansOf = (losses: readonly TermLoss[]): number[] => losses.map(({ mean }) => mean);
