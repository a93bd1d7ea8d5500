/** @file What a fit reports. */
import type { Term } from './term.ts';

/** The state of a fit after some step. */
export interface FitProgress {
  /** The number of updates so far. */
  readonly step: number;
  readonly steps: number;
  /** The sum of weight times term loss, before this step's update. */
  readonly loss: number;
  /** The mean loss of every term, without its weight, by the term's name. */
  readonly terms: Readonly<Record<string, number>>;
  /** Figures that losses derive, e.g. `psnr`; with several terms `<term>.psnr`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** The Euclidean norm of the gradient before clipping; present when `clipNorm` is. */
  readonly gradientNorm?: number;
  /** How many gradients of the whole objective the step took; present when the optimizer searches. */
  readonly evaluations?: number;
  /** Over this run, without the steps before a resume. */
  readonly stepsPerSecond: number;
  readonly secondsLeft: number;
  /** The step that the fit went on from; 0 for a new one. */
  readonly resumedFrom: number;
}

/** What a report is made from, beside the losses. */
export interface ProgressFigures
  extends Pick<FitProgress, 'step' | 'steps' | 'loss' | 'learningRate' | 'gradientNorm' | 'evaluations' | 'resumedFrom'> {
  /** Since this run began. */
  readonly seconds: number;
}

/** @param termLosses the mean loss of every term, in order, without weights */
export const progressOf = (
  terms: readonly Term[],
  termLosses: readonly number[],
  { seconds, ...figures }: ProgressFigures,
): FitProgress => {
  const stepsPerSecond = (figures.step - figures.resumedFrom) / seconds;
  const metrics = terms.flatMap(({ name, metrics: derived }, index) =>
    Object.entries(derived).map(([metric, figure]) => [
      terms.length === 1 ? metric : `${name}.${metric}`,
      figure(termLosses[index] as number),
    ]),
  );
  return {
    ...figures,
    terms: Object.fromEntries(terms.map(({ name }, index) => [name, termLosses[index] as number])),
    metrics: Object.fromEntries(metrics),
    stepsPerSecond,
    secondsLeft: (figures.steps - figures.step) / stepsPerSecond,
  };
};
