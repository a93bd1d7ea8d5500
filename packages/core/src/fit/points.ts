/** @file What a term of the objective is evaluated on: a source of points with their targets. */
import type { Rng } from '../random.ts';

/** Some points. All arrays are row-major, one row a point. */
export interface PointBatch {
  /**
   * `f32[n, inFeatures]`; of many fields `f32[b, n, inFeatures]`, or `f32[n, inFeatures]` where all have the same
   * points
   */
  readonly coords: Float32Array;
  /**
   * Named targets, each `f32[n, k]` for a `k` of its own (found as `length / n`), e.g. `value`, `gradient`, `weight`;
   * of many fields each `f32[b, n, k]`.
   */
  readonly targets?: Readonly<Record<string, Float32Array>>;
  /**
   * Which fields of a batch these are, where a step has fewer than all: b indices, the same in all chunks of a step.
   */
  readonly fields?: ArrayLike<number>;
}

/** Which step of a fit it is. */
export interface FitStep {
  /** 1 for the first. */
  readonly step: number;
  /** How many steps the fit has in all. */
  readonly steps: number;
}

/** Told, after each chunk of a step's points, the share of the step that is done, from 0 to 1. */
export type ChunkListener = (at: FitStep, share: number) => void;

/**
 * The points of one term. The fit loop draws a step's points in chunks, so a source never has to hold them all at once.
 */
export interface PointSource {
  readonly inFeatures: number;
  /** The number of points in a step; of many fields, those of each. */
  readonly pointsPerStep: number;
  /**
   * b, where each draw is for b fields of a batch, with targets of their own. If absent, all fields have the same
   * points and targets.
   */
  readonly fields?: number;
  /** True when every step has the same points: the loop may then keep them on the device. */
  readonly fixed: boolean;
  /**
   * The points `start` ... `start + count - 1` of one step. The loop asks for a step's points in order, without gaps,
   * each chunk once, and gives the same fresh `rng` to all chunks of the step. The points must not depend on how they
   * are cut into chunks, but may depend on `at`, the step: a curriculum. An optimizer that tries several parameters in
   * a step has its points drawn again, with the same `rng` and step.
   */
  draw(start: number, count: number, rng: Rng, at: FitStep): PointBatch;
  /**
   * Told the loss at each point that was drawn, chunk by chunk, before the next chunk is drawn: for sources that draw
   * more points where the loss is large. Without it the losses of single points are never read, which is faster.
   *
   * @param losses the mean over all numbers of a point's loss, without the weight; of many fields those of each behind
   *   those of the one before
   * @param start the first of the points, as for `draw`
   */
  observe?(losses: Float32Array, start: number, at: FitStep): void;
  /**
   * What `draw` makes use of beside its arguments, e.g. what was observed: checkpoints keep it, so that a run goes on
   * to the same bits.
   */
  readonly memory?: SourceMemory;
}

/** What a source of points keeps from step to step. */
export interface SourceMemory {
  /** A copy of it: finite numbers, of any count. */
  read(): Float32Array;
  /** Takes back what `read` gave, which must not be changed. @throws RangeError when it is not of this source */
  restore(values: Float32Array): void;
}
