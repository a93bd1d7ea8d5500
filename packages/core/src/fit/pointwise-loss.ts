/**
 * @file Losses as data: what a backend needs to compute a loss inside its kernel, between the forward and the backward
 *   pass.
 */
import type { Penalty } from '../elementwise/penalty.ts';

/** The errors of one part of the jet. */
export interface PointwiseError {
  readonly of: 'value' | 'gradient' | 'laplacian';
  /**
   * The name of the target: `f32[n, o]`, and for a gradient `f32[n, d o]`, that of output j along coordinate k in
   * column k o + j. 0 if absent.
   */
  readonly target?: string;
  /** The factor on the penalty, which may depend on the number of coordinates d; 1 if absent. */
  readonly factor?: number | ((inFeatures: number) => number);
}

/**
 * A loss that is a sum of penalties on single values of the jet: at each point and for each output,
 *
 *     w (sum over errors of factor penalty(part of the jet - target))
 *
 * A gradient's penalties are summed over the coordinates. `pointwiseLoss` makes a loss from it, which backends with a
 * kernel for it compute in one pass.
 */
export interface PointwiseLoss {
  /** At most one for each part of the jet. */
  readonly errors: readonly PointwiseError[];
  readonly penalty: Penalty;
  /** The name of the target w, `f32[n, 1]` or `f32[n, o]`; 1 if absent. */
  readonly weight?: string;
}
