/** @file Point sources: points with their targets, on which a term of the objective is evaluated. */
import type { Rng } from '../random.ts';
import type { StepInputs } from '../step-inputs.ts';

/** A batch of points. All arrays are row-major, with one row per point. */
export interface PointBatch {
  /**
   * `f32[n, inFeatures]`; for many fields `f32[b, n, inFeatures]`, or `f32[n, inFeatures]` where all share the points
   */
  readonly coords: Float32Array;
  /**
   * Named targets, each `f32[n, k]` with its own `k` (inferred as `length / n`), e.g. `value`, `gradient`, `weight`;
   * for many fields each `f32[b, n, k]`.
   */
  readonly targets?: Readonly<Record<string, Float32Array>>;
  /** The fields of a batch that a step trains, if not all: b indices, the same in all chunks of a step. */
  readonly fields?: ArrayLike<number>;
}

/** The position of a step in a fit. */
export interface FitStep {
  /** 1 for the first. */
  readonly step: number;
  /** The total number of steps. */
  readonly steps: number;
}

/** Called after each chunk of a step's points with the completed share of the step, from 0 to 1. */
export type ChunkListener = (at: FitStep, share: number) => void;

/**
 * The points of one term. The fit loop draws a step's points in chunks, so a source never has to hold them all at once.
 */
export interface PointSource {
  readonly inFeatures: number;
  /** The number of points in a step; for many fields, per field. */
  readonly pointsPerStep: number;
  /**
   * b, where each draw is for b fields of a batch, with separate targets. If absent, all fields share the points and
   * targets.
   */
  readonly fields?: number;
  /** True when every step has the same points: the loop may then keep them on the device. */
  readonly fixed: boolean;
  /**
   * The points `start` ... `start + count - 1` of one step. The loop asks for a step's points in order, without gaps,
   * each chunk once, and gives the same fresh `rng` to all chunks of the step. The points must not depend on the chunk
   * size, but may depend on `at`, the step: a curriculum. For a search optimizer the points of a step are drawn several
   * times, with the same `rng` and step.
   */
  draw(start: number, count: number, rng: Rng, at: FitStep): PointBatch;
  /**
   * What the parameters of the model's fields depend on in a step, besides the model's own: see `ModelView.parameters`.
   * Called once per step before its first `draw`, with the same `rng`. Terms without inputs that come later in the
   * objective, e.g. on the generated parameters, get those of this term.
   */
  inputs?(rng: Rng, at: FitStep): StepInputs;
  /**
   * Gets the loss at each drawn point, chunk by chunk, before the next chunk is drawn: for importance sampling. Without
   * it the losses of single points are never read, which is faster.
   *
   * @param losses the mean of each point's loss values, without the weight; for many fields, ordered field by field
   * @param start the index of the first point, as for `draw`
   */
  observe?(losses: Float32Array, start: number, at: FitStep): void;
  /** Losses at points of the source's own choice before some steps: the steps in between stay as fast as any. */
  readonly scoring?: PointScoring;
  /**
   * The state that `draw` uses besides its arguments, e.g. observed losses. Checkpoints store it, so that a resumed run
   * gives the same bits.
   */
  readonly state?: SourceState;
}

/**
 * A pass over points before a step is drawn, which computes their losses and no gradient: for sources that choose
 * points by the losses of many others, now and then. For a single field without statistics over a step's points, and
 * not with a search optimizer.
 */
export interface PointScoring {
  /** The number of points in a pass. */
  readonly size: number;
  /** Whether there is a pass before this step. */
  due(at: FitStep): boolean;
  /** The points `start` ... `start + count - 1` of a pass, with the targets that the loss needs. */
  draw(start: number, count: number, at: FitStep): PointBatch;
  /** Whether the pass before this step also gives the field's values, by another forward pass; if absent, none does. */
  needsValues?(at: FitStep): boolean;
  /**
   * Gets the mean of each point's loss values, without the term's weight, chunk by chunk in order.
   *
   * @param values `f32[n, outFeatures]`, where they are needed
   */
  take(losses: Float32Array, start: number, at: FitStep, values?: Float32Array): void;
}

/** The state of a point source between steps. */
export interface SourceState {
  /** A copy of the state: finite values, of any length. */
  read(): Float32Array;
  /** Restores what `read` returned; must not modify the array. @throws RangeError when it does not fit this source */
  restore(values: Float32Array): void;
}
