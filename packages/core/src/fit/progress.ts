/** @file What a fit reports. */
import type { Model } from '../model.ts';
import type { ObjectiveTerm } from './term.ts';
import { meansOf, type TermLoss } from './term-loss.ts';

/** The state of a fit after some step. */
export interface FitProgress {
  /** The number of updates so far. */
  readonly step: number;
  readonly steps: number;
  /** The sum of weight times term loss, before this step's update. */
  readonly loss: number;
  /** The mean loss of every term, without its weight, by the term's name. */
  readonly terms: Readonly<Record<string, number>>;
  /**
   * The losses of a batch's fields, each the mean over its points, by the name of the term; present for terms on a
   * batch of fields.
   */
  readonly fieldLosses?: Readonly<Record<string, Float32Array>>;
  /** Metrics derived from losses, e.g. `psnr`; with several terms `<term>.psnr`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** The Euclidean norm of the gradient before clipping; present when `clipNorm` is. */
  readonly gradientNorm?: number;
  /** The number of evaluations of the objective in the step; present for a search optimizer. */
  readonly evaluations?: number;
  /** Averaged over this run, without the steps before a resume. */
  readonly stepsPerSecond: number;
  readonly secondsLeft: number;
  /** The step that the fit resumed from; 0 for a new one. */
  readonly resumedFrom: number;
  /**
   * In the last report of a fit with `keepBest`: the number of updates that led to the parameters that the model has,
   * where those are better than the last ones.
   */
  readonly kept?: number;
  /** Why the fit ends here, if a rule of `until` ended it. */
  readonly stopped?: string;
  /** The current model: another one than at first if `adapt` has changed it. */
  readonly model: Model;
}

/** The inputs of a report, besides the losses. */
export interface ProgressInputs
  extends Pick<
    FitProgress,
    'step' | 'steps' | 'loss' | 'learningRate' | 'gradientNorm' | 'evaluations' | 'resumedFrom' | 'model'
  > {
  /** Seconds since this run began. */
  readonly seconds: number;
}

/** @param termLosses the loss of every term, in order, without weights */
export const progressOf = (
  terms: readonly ObjectiveTerm[],
  termLosses: readonly TermLoss[],
  { seconds, ...figures }: ProgressInputs,
): FitProgress => {
  const stepsPerSecond = (figures.step - figures.resumedFrom) / seconds;
  const means = meansOf(termLosses);
  const fieldLosses = terms.flatMap(({ name }, index): [string, Float32Array][] => {
    const { fields } = termLosses[index] as TermLoss;
    return fields ? [[name, fields]] : [];
  });
  const metrics = terms.flatMap(({ name, metrics: derived }, index) =>
    Object.entries(derived).map(([metric, figure]) => [
      terms.length === 1 ? metric : `${name}.${metric}`,
      figure(means[index] as number),
    ]),
  );
  return {
    ...figures,
    terms: Object.fromEntries(terms.map(({ name }, index) => [name, means[index] as number])),
    ...(fieldLosses.length > 0 && { fieldLosses: Object.fromEntries(fieldLosses) }),
    metrics: Object.fromEntries(metrics),
    stepsPerSecond,
    secondsLeft: (figures.steps - figures.step) / stepsPerSecond,
  };
};
