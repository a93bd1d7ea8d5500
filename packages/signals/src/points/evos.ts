import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { squaredLaplacian } from './laplacian-error.ts';
import { createPermutation } from './permutation.ts';
import { createPointScores, type ScoreGuidance, type ScoreOptions } from './point-scores.ts';
import { consecutive, type PointSet } from './point-set.ts';

/** The options of {@link evos}. */
export interface EvosOptions extends ScoreOptions {
  /** The fraction of all points that each step trains on, in (0, 1]; 0.5 if absent. */
  readonly ratio?: number;
  /** The fraction of a step's points that have the largest errors, in [0, 1]; 0.5 if absent. */
  readonly survivors?: number;
  /** Scores points by the error of the Laplacian, too; by the losses alone if absent. */
  readonly crossover?: EvosCrossover;
}

/** Frequency-guided crossover: fine detail that is missing counts more than its squared error says. */
export interface EvosCrossover {
  /** The samples along each axis of the grid whose points the set has, in their order, e.g. `[height, width]`. */
  readonly shape: readonly number[];
  /** The factor on the squared error of the Laplacian, which is added to the loss. */
  readonly weight: number;
  /** The share of the steps after which the losses alone count, in (0, 1]; 1 if absent. */
  readonly until?: number;
}

/** The indices of losses, the largest loss first; equal ones in order. */
const rank = (losses: Float32Array): Uint32Array =>
  Uint32Array.from(losses, (_, index) => index).sort((a, b) => losses[b]! - losses[a]! || a - b);

const assertShare = (name: string, share: number, valid: boolean, wanted: string): void => {
  if (!valid) throw new RangeError(`evos: ${name} must be in ${wanted}, got ${share}`);
};

/** @throws TypeError or RangeError when an option is wrong */
const laplacianGuidance = (points: PointSet, crossover: EvosCrossover): ScoreGuidance => {
  assertOptions('evos: crossover', crossover, { shape: 1, weight: 1, until: 1 });
  const { shape, weight, until = 1 } = crossover;
  const count = shape.reduce((product, length) => product * length, 1);
  if (!(shape.every(length => Number.isSafeInteger(length) && length >= 1) && count === points.size))
    throw new RangeError(`evos: crossover.shape must be a grid of ${points.size} points, got [${shape.join(', ')}]`);
  if (!(weight >= 0 && Number.isFinite(weight)))
    throw new RangeError(`evos: crossover.weight must be a number of at least 0, got ${weight}`);
  assertShare('crossover.until', until, until > 0 && until <= 1, '(0, 1]');
  return {
    applies: ({ step, steps }) => step - 1 < until * steps,
    scores(losses, values) {
      const { value } = points.at(consecutive(0, points.size)).targets ?? {};
      if (value?.length !== values.length)
        throw new RangeError(
          `evos: crossover needs the target 'value' of the field's width, got ${value?.length ?? 'no'} values for ${values.length}`,
        );
      const errors = squaredLaplacian(
        values.map((found, i) => found - value[i]!),
        shape,
      );
      return losses.map((loss, i) => loss + weight * errors[i]!);
    },
  };
};

/**
 * Trains on a part of a set: the points with the largest losses, and random ones of the rest, chosen anew in each step.
 * The losses of all points are measured by a forward pass before step 1, and again at intervals that change linearly
 * from `every[0]` to `every[1]` steps; the steps in between use the latest losses. No point occurs twice in a step. The
 * loss that a fit reports is that of the chosen points, which is larger than that of all.
 *
 * With `crossover` a point's score is its loss plus `weight` times the squared error of the Laplacian, mean over
 * channels: the second differences of field minus target `value` on the grid, in units of samples.
 *
 * Zhang et al. 2025, "EVOS: Efficient implicit neural training via evolutionary selector", CVPR, sections 3.2 to 3.4.
 * The defaults are those of the authors' code. Its loss on the Laplacian of the image (cross-frequency supervision) is
 * not included: the loss is that of the term.
 *
 * The state in checkpoints is the latest losses, 4 bytes per point. For a single field, not with a search optimizer.
 *
 * @throws RangeError when an option is out of its range or the set has more than 2^32 points
 */
export const evos = (points: PointSet, options: EvosOptions = {}): PointSource => {
  assertOptions('evos', options, { ratio: 1, survivors: 1, every: 1, crossover: 1 });
  const { ratio = 0.5, survivors = 0.5, every, crossover } = options;
  assertShare('ratio', ratio, ratio > 0 && ratio <= 1, '(0, 1]');
  assertShare('survivors', survivors, survivors >= 0 && survivors <= 1, '[0, 1]');
  const { size } = points;
  if (size > 2 ** 32) throw new RangeError(`evos: the set must have at most 2^32 points, got ${size}`);
  const count = Math.max(1, Math.round(ratio * size));
  const fittest = Math.round(survivors * count);
  let ranked: Uint32Array | undefined;
  const scores = createPointScores('evos', points, {
    ...(every && { every }),
    guidance: crossover && laplacianGuidance(points, crossover),
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
