import type { Tensor1D } from '@tensorflow/tfjs-core';
import { clip } from './clip.ts';
import type { StepDraw } from './objective.ts';
import type { GradientOptimizer } from './optimizer.ts';
import { factorAt, type Schedule } from './schedule.ts';
import type { StepEvaluation, Stepper, StepperOptions, UpdateReport } from './stepper.ts';
import { readLosses } from './term-loss.ts';

/** The options of {@link GradientStepper}. */
export interface GradientStepperOptions extends StepperOptions {
  readonly schedule: Schedule;
  readonly clipNorm: number | undefined;
  /** Sets the gradient of untrained parameters to 0; `undefined` where all are trained. */
  readonly withoutFrozen: ((gradient: Tensor1D) => Tensor1D | undefined) | undefined;
}

/** Steps of an optimizer that takes one gradient per step, on the device. */
export class GradientStepper implements Stepper {
  readonly #optimizer: GradientOptimizer;
  readonly #schedule: Schedule;
  readonly #clipNorm: number | undefined;
  readonly #withoutFrozen: GradientStepperOptions['withoutFrozen'];
  readonly #options: StepperOptions;
  #gradient: Tensor1D | undefined;
  /** The step's new values of untrained parameters. */
  #state: Tensor1D | undefined;

  constructor(optimizer: GradientOptimizer, { schedule, clipNorm, withoutFrozen, ...options }: GradientStepperOptions) {
    this.#optimizer = optimizer;
    this.#schedule = schedule;
    this.#clipNorm = clipNorm;
    this.#withoutFrozen = withoutFrozen;
    this.#options = options;
  }

  async evaluate(at: StepDraw, reads: boolean): Promise<StepEvaluation> {
    const { objective, terms, vectors, yieldToEventLoop } = this.#options;
    const { losses, gradient, state } = await objective.differentiate(terms, vectors.parameters, at, yieldToEventLoop);
    const active = this.#withoutFrozen?.(gradient);
    if (active) gradient.dispose();
    this.#gradient = active ?? gradient;
    this.#state = state;
    try {
      return reads ? { termLosses: await readLosses(losses) } : {};
    } finally {
      for (const loss of losses) loss.dispose();
    }
  }

  async update({ step, steps }: StepDraw, reads: boolean): Promise<UpdateReport> {
    const { vectors, averageDecay } = this.#options;
    const gradient = this.#gradient as Tensor1D;
    const learningRate = this.#optimizer.learningRate * factorAt(this.#schedule, step, steps);
    const clipped = this.#clipNorm === undefined ? undefined : await clip(gradient, this.#clipNorm, reads);
    try {
      await vectors.update(this.#optimizer, clipped?.gradient ?? gradient, {
        step,
        learningRate,
        averageDecay,
        untrained: this.#state,
      });
    } finally {
      clipped?.gradient.dispose();
    }
    this.dispose();
    return { learningRate, ...(clipped && { gradientNorm: clipped.norm }) };
  }

  dispose(): void {
    this.#gradient?.dispose();
    this.#state?.dispose();
    this.#gradient = undefined;
    this.#state = undefined;
  }
}
