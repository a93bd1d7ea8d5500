import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { createPermutation } from './permutation.ts';
import { createPointScores, type ScoreOptions } from './point-scores.ts';
import type { PointSet } from './point-set.ts';

/** The options of {@link evos}. */
export interface EvosOptions extends ScoreOptions {
  /** The fraction of all points that each step trains on, in (0, 1]; 0.5 if absent. */
  readonly ratio?: number;
  /** The fraction of a step's points that have the largest errors, in [0, 1]; 0.5 if absent. */
  readonly survivors?: number;
}

/** The indices of losses, the largest loss first; equal ones in order. */
const rank = (losses: Float32Array): Uint32Array =>
  Uint32Array.from(losses, (_, index) => index).sort((a, b) => losses[b]! - losses[a]! || a - b);

const assertShare = (name: string, share: number, valid: boolean, wanted: string): void => {
  if (!valid) throw new RangeError(`evos: ${name} must be in ${wanted}, got ${share}`);
};

/**
 * Trains on a part of a set: the points with the largest losses, and random ones of the rest, chosen anew in each step.
 * The losses of all points are measured by a forward pass before step 1, and again at intervals that change linearly
 * from `every[0]` to `every[1]` steps; the steps in between use the latest losses. No point occurs twice in a step. The
 * loss that a fit reports is that of the chosen points, which is larger than that of all.
 *
 * Zhang et al. 2025, "EVOS: Efficient implicit neural training via evolutionary selector", CVPR, sections 3.2 to 3.4,
 * with the squared error alone as fitness: without the error of the Laplacian (frequency-guided crossover). The
 * defaults are those of the authors' code.
 *
 * The state in checkpoints is the latest losses, 4 bytes per point. For a single field, not with a search optimizer.
 *
 * @throws RangeError when an option is out of its range or the set has more than 2^32 points
 */
export const evos = (points: PointSet, options: EvosOptions = {}): PointSource => {
  assertOptions('evos', options, { ratio: 1, survivors: 1, every: 1 });
  const { ratio = 0.5, survivors = 0.5, every } = options;
  assertShare('ratio', ratio, ratio > 0 && ratio <= 1, '(0, 1]');
  assertShare('survivors', survivors, survivors >= 0 && survivors <= 1, '[0, 1]');
  const { size } = points;
  if (size > 2 ** 32) throw new RangeError(`evos: the set must have at most 2^32 points, got ${size}`);
  const count = Math.max(1, Math.round(ratio * size));
  const fittest = Math.round(survivors * count);
  let ranked: Uint32Array | undefined;
  const scores = createPointScores('evos', points, {
    ...(every && { every }),
    changed: losses => {
      ranked = rank(losses);
    },
  });
  return {
    ...scores,
    inFeatures: points.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw(start, n, rng) {
      const others = createPermutation(size - fittest, rng);
      return points.at(
        Float64Array.from({ length: n }, (_, i) => {
          const place = start + i < fittest ? start + i : fittest + others(start + i - fittest);
          return ranked ? ranked[place]! : place;
        }),
      );
    },
  };
};
