import { type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import type { Model } from '../model.ts';
import type { StepDraw } from './objective.ts';
import type { Evaluation, SearchOptimizer } from './optimizer.ts';
import type { StepEvaluation, Stepper, StepperOptions, UpdateReport } from './stepper.ts';
import { isPointTerm, weightedSum } from './term.ts';
import { readLosses, type TermLoss } from './term-loss.ts';

const readVector = async (vector: Tensor1D): Promise<Float32Array> => Float32Array.from(await vector.data());

/** An evaluation with the losses of the terms. */
interface TermEvaluation extends Evaluation {
  readonly termLosses: readonly TermLoss[];
  /** The parameters with new values of untrained ones. */
  readonly untrained?: Float32Array;
}

/** The options of {@link SearchStepper}. */
export interface SearchStepperOptions extends StepperOptions {
  readonly model: Model;
  /** The seed of the fit. */
  readonly seed: number;
  readonly chunkSize: number | undefined;
}

/** Steps of a search optimizer, whose vectors are on the host. */
export class SearchStepper implements Stepper {
  readonly #optimizer: SearchOptimizer;
  readonly #options: SearchStepperOptions;
  /** True when every step has the same objective: the last evaluation of a step is then the first of the next. */
  readonly #fixed: boolean;
  /** Evaluations in the current step. */
  #evaluations = 0;
  #now: { readonly parameters: Float32Array; readonly evaluation: TermEvaluation | undefined } | undefined;

  constructor(optimizer: SearchOptimizer, options: SearchStepperOptions) {
    this.#optimizer = optimizer;
    this.#options = options;
    this.#fixed = options.terms.every(term => (!isPointTerm(term) || term.points.fixed) && !term.weightSchedule);
  }

  async #evaluate(parameters: Float32Array, at: StepDraw): Promise<TermEvaluation> {
    const { objective, terms, yieldToEventLoop } = this.#options;
    this.#evaluations += 1;
    const flat = tensor1d(parameters);
    try {
      const { losses, gradient, state } = await objective.differentiate(terms, flat, at, yieldToEventLoop);
      try {
        const termLosses = await readLosses(losses);
        const sums = termLosses.map(({ sum }) => sum);
        const loss = weightedSum(terms, sums, at);
        const untrained = state && (await readVector(state));
        return { termLosses, loss, gradient: await readVector(gradient), ...(untrained && { untrained }) };
      } finally {
        for (const tensor of [...losses, gradient, state]) tensor?.dispose();
      }
    } finally {
      flat.dispose();
    }
  }

  async evaluate(at: StepDraw): Promise<StepEvaluation> {
    this.#evaluations = 0;
    const parameters = this.#now?.parameters ?? (await readVector(this.#options.vectors.parameters));
    const evaluation = this.#now?.evaluation ?? (await this.#evaluate(parameters, at));
    this.#now = { parameters, evaluation };
    const { termLosses, gradient } = evaluation;
    return { termLosses, ...(!gradient.every(Number.isFinite) && { fault: 'the gradient is not finite' }) };
  }

  async update(at: StepDraw): Promise<UpdateReport> {
    const { vectors, averageDecay, model, terms, seed, chunkSize, yieldToEventLoop } = this.#options;
    const { step, steps } = at;
    const { parameters, evaluation } = this.#now as { parameters: Float32Array; evaluation: TermEvaluation };
    const seen = new Map([[parameters, evaluation]]);
    const found = await this.#optimizer.search({
      parameters,
      loss: evaluation.loss,
      gradient: evaluation.gradient,
      state: vectors.searchState,
      objective: {
        model,
        terms,
        seed,
        at: { step, steps },
        ...(chunkSize !== undefined && { chunkSize }),
        yieldToEventLoop,
      },
      evaluate: async trial => {
        const there = await this.#evaluate(trial, at);
        seen.set(trial, there);
        return there;
      },
    });
    vectors.replace(this.#optimizer, found, { averageDecay, untrained: evaluation.untrained });
    const evaluated = this.#fixed ? seen.get(found.parameters) : undefined;
    this.#now = vectors.changesParametersAfterUpdate
      ? undefined
      : { parameters: found.parameters, evaluation: evaluated };
    return { learningRate: this.#optimizer.learningRate, evaluations: this.#evaluations };
  }

  /** Holds no tensors between calls. */
  dispose(): void {}
}
