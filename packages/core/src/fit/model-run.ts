/** @file What a fit has of the model that it trains: made anew when the model changes. */
import type { Model } from '../model.ts';
import type { TrainingState } from './checkpoint.ts';
import type { FitOptions } from './fit-options.ts';
import { GradientStepper } from './gradient-stepper.ts';
import { Objective } from './objective.ts';
import { isSearchOptimizer, type Optimizer } from './optimizer.ts';
import { groupedOptimizer } from './parameter-groups.ts';
import { constant } from './schedule.ts';
import { SearchStepper } from './search-stepper.ts';
import type { Stepper } from './stepper.ts';
import type { ObjectiveTerm } from './term.ts';
import { TrainingVectors } from './training-vectors.ts';

/** What {@link ModelRun} is made of. */
export interface ModelRunOptions {
  readonly terms: readonly ObjectiveTerm[];
  /** The fit's own. */
  readonly optimizer: Optimizer;
  readonly chunkSize: number;
  readonly fit: FitOptions;
  /** Called between two chunks; may wait, and may throw to stop. */
  readonly yieldToEventLoop: () => Promise<void>;
}

/** A model in training. */
export class ModelRun {
  readonly model: Model;
  readonly objective: Objective;
  readonly vectors: TrainingVectors;
  readonly stepper: Stepper;

  /** @param state where to go on from */
  constructor(
    model: Model,
    { terms, optimizer: wanted, chunkSize, fit, yieldToEventLoop }: ModelRunOptions,
    state?: TrainingState,
  ) {
    const { schedule = constant(), groups = [], steps, clipNorm, averageDecay, project } = fit;
    const { layout } = model;
    const isGrouped = groups.length > 0 || layout.entries.some(({ trained }) => !trained);
    const grouped =
      isGrouped && !isSearchOptimizer(wanted)
        ? groupedOptimizer(wanted, groups, { layout, schedule, steps })
        : undefined;
    const optimizer = grouped ?? wanted;
    this.model = model;
    this.objective = new Objective(model, chunkSize, fit.onChunk);
    this.vectors = new TrainingVectors(model, optimizer, {
      average: averageDecay !== undefined,
      ...(state && { resumed: state }),
      ...(project && { project }),
    });
    const shared = { objective: this.objective, terms, vectors: this.vectors, averageDecay, yieldToEventLoop };
    this.stepper = isSearchOptimizer(optimizer)
      ? new SearchStepper(optimizer, shared)
      : new GradientStepper(optimizer, { ...shared, schedule, clipNorm, withoutFrozen: grouped?.withoutFrozen });
  }

  /** Gives the model the newest parameters. */
  assign(): void {
    this.vectors.assign(this.model);
  }

  dispose(): void {
    this.stepper.dispose();
    this.vectors.dispose();
    this.objective.dispose();
  }
}
