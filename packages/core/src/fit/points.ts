/** @file What a term of the objective is evaluated on: a source of points with their targets. */
import type { Rng } from '../random.ts';

/** Some points. All arrays are row-major, one row a point. */
export interface PointBatch {
  /** `f32[n, inFeatures]` */
  readonly coords: Float32Array;
  /** Named targets, each `f32[n, k]` for a `k` of its own (found as `length / n`), e.g. `value`, `gradient`, `weight`. */
  readonly targets?: Readonly<Record<string, Float32Array>>;
}

/** Which step of a fit it is. */
export interface FitStep {
  /** 1 for the first. */
  readonly step: number;
  /** How many steps the fit has in all. */
  readonly steps: number;
}

/** The points of one term. The fit loop draws a step's points in chunks, so a source never has to hold them all at once. */
export interface PointSource {
  readonly inFeatures: number;
  /** The number of points in a step. */
  readonly pointsPerStep: number;
  /** True when every step has the same points: the loop may then keep them on the device. */
  readonly fixed: boolean;
  /**
   * The points `start` ... `start + count - 1` of one step. The loop asks for a step's points in order, without gaps, each chunk once, and
   * gives the same fresh `rng` to all chunks of the step. The points must not depend on how they are cut into chunks, but may depend on `at`,
   * the step: a curriculum. An optimizer that tries several parameters in a step has its points drawn again, with the same `rng` and step.
   */
  draw(start: number, count: number, rng: Rng, at: FitStep): PointBatch;
}
