/** @file The part of a fit's state that belongs to the model: recreated when the model changes. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Model } from '../model.ts';
import { claimVariables } from '../params/ownership.ts';
import type { TrainingState } from './checkpoint.ts';
import type { FitOptions } from './fit-options.ts';
import { GradientStepper } from './gradient-stepper.ts';
import { Objective } from './objective.ts';
import { isSearchOptimizer, type Optimizer } from './optimizer.ts';
import { optimizerFor } from './parameter-groups.ts';
import { constant } from './schedule.ts';
import { SearchStepper } from './search-stepper.ts';
import type { Stepper } from './stepper.ts';
import type { ObjectiveTerm } from './term.ts';
import { TrainingVectors } from './training-vectors.ts';

/** The options of {@link ModelRun}. */
export interface ModelRunOptions {
  readonly terms: readonly ObjectiveTerm[];
  /** The fit's optimizer, before grouping. */
  readonly optimizer: Optimizer;
  readonly chunkSize: number;
  readonly fit: FitOptions;
  /** Called between two chunks; may wait, and throws to stop the fit. */
  readonly yieldToEventLoop: () => Promise<void>;
}

/** A model in training. */
export class ModelRun {
  readonly model: Model;
  readonly objective: Objective;
  readonly vectors: TrainingVectors;
  readonly stepper: Stepper;
  /** Lets others train and dispose of the model again. */
  readonly release: () => void;

  /** Use {@link startModelRun}. */
  constructor(
    model: Model,
    { terms, optimizer: wanted, chunkSize, fit, yieldToEventLoop }: ModelRunOptions,
    release: () => void,
    state?: TrainingState,
  ) {
    this.release = release;
    const { schedule = constant(), groups = [], steps, clipNorm, averageDecay, project } = fit;
    const { layout } = model;
    const optimizer = optimizerFor(wanted, groups, { layout, schedule, steps });
    this.model = model;
    this.objective = new Objective(model, chunkSize, fit.onChunk);
    this.vectors = new TrainingVectors(model, optimizer, {
      average: averageDecay !== undefined,
      ...(state && { resumed: state }),
      ...(project && { project }),
    });
    const withoutFrozen = 'withoutFrozen' in optimizer ? optimizer.withoutFrozen : undefined;
    const shared = { objective: this.objective, terms, vectors: this.vectors, averageDecay, yieldToEventLoop };
    this.stepper = isSearchOptimizer(optimizer)
      ? new SearchStepper(optimizer, { ...shared, model, seed: fit.seed ?? 0, chunkSize: fit.chunkSize })
      : new GradientStepper(optimizer, { ...shared, schedule, clipNorm, withoutFrozen });
  }

  /** Assigns parameters `f32[P]` to the model: the latest ones if absent. */
  assign(parameters?: Tensor1D): void {
    this.vectors.assign(this.model, parameters);
  }

  dispose(): void {
    this.stepper.dispose();
    this.vectors.dispose();
    this.objective.dispose();
    this.release();
  }
}

/**
 * Claims a model's parameters and makes them ready for training.
 *
 * @param state the state to resume from
 * @throws TypeError when the model was disposed, Error when another fit trains it
 */
export const startModelRun = (model: Model, options: ModelRunOptions, state?: TrainingState): ModelRun => {
  const release = claimVariables(model.parameters);
  try {
    return new ModelRun(model, options, release, state);
  } catch (error) {
    release();
    throw error;
  }
};
