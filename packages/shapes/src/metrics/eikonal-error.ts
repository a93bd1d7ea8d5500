import type { Rng } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertShape, type PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import type { ScalarFunction } from '../surfaces/scalar-function.ts';

/** The deviation of a function from the eikonal equation. */
export interface EikonalError {
  /** The mean of | |gradient| - 1 |. */
  readonly mean: number;
  /** The maximum of | |gradient| - 1 |. */
  readonly largest: number;
}

/** The number of points per evaluation. */
const BATCH = 16_384;

/**
 * Measures how well a function satisfies the eikonal equation |gradient| = 1 in a shell around a surface: at its
 * points, each moved along its normal by a random distance, uniform in [-width, width].
 *
 * @param surface points with normals, e.g. of `sampleMesh`
 * @throws RangeError when the width is not a finite number of at least 0, or the function has no gradient
 * @throws ShapeError `no-normals` when the points have none
 */
export const eikonalError = async (
  source: ScalarFunction,
  surface: PointCloud,
  options: { readonly width: number; readonly rng: Rng },
): Promise<EikonalError> => {
  assertOptions('eikonalError', options, { width: 1, rng: 1 });
  const { width, rng } = options;

  assertShape('eikonalError', surface);
  if (!(width >= 0 && Number.isFinite(width)))
    throw new RangeError(`eikonalError: width must be a finite number of at least 0, got ${width}`);
  if (!source.gradient) throw new RangeError('eikonalError: the function must have a gradient');
  const { positions, normals } = surface;
  if (!normals) throw new ShapeError('no-normals', 'eikonalError', 'the points must have normals');
  const count = positions.length / 3;
  let [sum, largest] = [0, 0];
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start);
    const coords = new Float32Array(3 * size);
    for (let i = 0; i < size; i++) {
      const shift = width * (2 * rng.uniform() - 1);
      for (let k = 0; k < 3; k++) {
        const at = 3 * (start + i) + k;
        coords[3 * i + k] = positions[at]! + shift * normals[at]!;
      }
    }
    const gradients = await source.gradient(coords);
    for (let i = 0; i < 3 * size; i += 3) {
      const error = Math.abs(Math.hypot(gradients[i]!, gradients[i + 1]!, gradients[i + 2]!) - 1);
      sum += error;
      largest = Math.max(largest, error);
    }
  }
  return { mean: sum / count, largest };
};
