import type { Tensor1D } from '@tensorflow/tfjs-core';
import { clip } from './clip.ts';
import type { StepDraw } from './objective.ts';
import type { GradientOptimizer } from './optimizer.ts';
import { factorAt, type Schedule } from './schedule.ts';
import { type Look, type MoveFigures, readScalars, type Stepper, type StepperOptions } from './stepper.ts';

/** Steps of an optimizer that takes one gradient a step. It stays on the device. */
export class GradientStepper implements Stepper {
  readonly #optimizer: GradientOptimizer;
  readonly #schedule: Schedule;
  readonly #clipNorm: number | undefined;
  readonly #options: StepperOptions;
  #gradient: Tensor1D | undefined;

  constructor(
    optimizer: GradientOptimizer,
    { schedule, clipNorm, ...options }: StepperOptions & { readonly schedule: Schedule; readonly clipNorm: number | undefined },
  ) {
    this.#optimizer = optimizer;
    this.#schedule = schedule;
    this.#clipNorm = clipNorm;
    this.#options = options;
  }

  async look(at: StepDraw, reads: boolean): Promise<Look> {
    const { objective, terms, vectors, breathe } = this.#options;
    const { losses, gradient } = await objective.differentiate(terms, vectors.parameters, at, breathe);
    this.#gradient = gradient;
    try {
      return reads ? { termLosses: await readScalars(losses) } : {};
    } finally {
      for (const loss of losses) loss.dispose();
    }
  }

  async move({ step, steps }: StepDraw, reads: boolean): Promise<MoveFigures> {
    const { vectors, averageDecay } = this.#options;
    const gradient = this.#gradient as Tensor1D;
    const learningRate = this.#optimizer.learningRate * factorAt(this.#schedule, step, steps);
    const clipped = this.#clipNorm === undefined ? undefined : await clip(gradient, this.#clipNorm, reads);
    try {
      vectors.update(this.#optimizer, clipped?.gradient ?? gradient, { step, learningRate, averageDecay });
    } finally {
      clipped?.gradient.dispose();
    }
    this.dispose();
    return { learningRate, ...(clipped && { gradientNorm: clipped.norm }) };
  }

  dispose(): void {
    this.#gradient?.dispose();
    this.#gradient = undefined;
  }
}
