/** @file A fit whose steps are timed. */
import { createField, type Field, type FitProgress, fit } from '@neural-fields/core';
import { networkExtensions as extensions } from '@neural-fields/networks';
import { networkOfTrial, trainingOfTrial } from './network-of-trial.ts';
import type { ComparisonTask, TaskProblem } from './tasks/task.ts';
import type { TimedNetwork } from './trial.ts';

/** A rate so low that parameters stay where they are, and more steps than are taken. */
const TIMED = { rate: 1e-9, steps: 1_000_000 } as const;

/** A fit that is advanced block by block. */
export class TimedFit {
  /** The seconds of its first step. */
  readonly firstStep: number;
  readonly #field: Field;
  readonly #progress: AsyncGenerator<FitProgress, void, undefined>;
  readonly #count: number;

  private constructor(
    field: Field,
    progress: AsyncGenerator<FitProgress, void, undefined>,
    { firstStep, count }: { readonly firstStep: number; readonly count: number },
  ) {
    this.#field = field;
    this.#progress = progress;
    this.firstStep = firstStep;
    this.#count = count;
  }

  /** Begins, and takes as many steps as it needs to know how many fill `roundSeconds`. */
  static async begin(
    timed: TimedNetwork,
    { task, problem, roundSeconds }: { readonly task: ComparisonTask; problem: TaskProblem; roundSeconds: number },
  ): Promise<TimedFit> {
    const trial = { ...timed, ...{ frequency: 1, rate: TIMED.rate, seed: 0 } };
    const { spec, coordinateScale } = networkOfTrial(trial, task, problem);
    const field = createField(spec, { seed: 0, extensions });
    const startWith = (reportEvery: number): AsyncGenerator<FitProgress, void, undefined> =>
      fit(field, problem.terms(coordinateScale), {
        ...{ steps: TIMED.steps, reportEvery, ...trainingOfTrial(trial) },
        ...(task.clipNorm !== undefined && { clipNorm: task.clipNorm }),
      });
    const single = startWith(1);
    const seconds = async (of: AsyncGenerator<FitProgress, void, undefined>): Promise<number> => {
      const begin = performance.now();
      await of.next();
      return (performance.now() - begin) / 1000;
    };
    const firstStep = await seconds(single);
    const step = Math.min(await seconds(single), await seconds(single), await seconds(single));
    await single.return();
    const count = Math.max(1, Math.ceil(roundSeconds / step));
    const progress = startWith(count);
    await progress.next(); // warm-up
    return new TimedFit(field, progress, { firstStep, count });
  }

  /** The seconds of a step in a block of them. */
  async time(): Promise<number> {
    const begin = performance.now();
    await this.#progress.next();
    return (performance.now() - begin) / 1000 / this.#count;
  }

  async dispose(): Promise<void> {
    await this.#progress.return();
    this.#field.dispose();
  }
}
