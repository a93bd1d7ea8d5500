import type { PointBatch, PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertPointCount } from './assert-point-count.ts';
import { drawNumbers, nextUniform } from './draw-numbers.ts';
import { createPointScores, type ScoreOptions } from './point-scores.ts';
import type { PointSet } from './point-set.ts';

/** The options of {@link importanceSampling}. */
export interface ImportanceSamplingOptions extends ScoreOptions {
  /** The number of points in a step. */
  readonly count: number;
  /**
   * How far the weights correct for the non-uniform choice of points, in [0, 1]: 1 is importance sampling, whose
   * expected gradient is that of uniform points; 0 is hard mining. 0.6 if absent.
   */
  readonly softness?: number;
  /** The share of the probability that is spread evenly over all points, in (0, 1]; 0.1 if absent. */
  readonly uniform?: number;
}

/** The probabilities of points by their losses, the cumulative sums, and how to find a point by its sum. */
const createDistribution = (losses: Float32Array, uniform: number) => {
  const { length } = losses;
  const sums = new Float64Array(length);
  const total = losses.reduce((sum, loss) => sum + Math.sqrt(loss), 0);
  const probability = (index: number): number =>
    total > 0 ? ((1 - uniform) * Math.sqrt(losses[index]!)) / total + uniform / length : 1 / length;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    sum += probability(i);
    sums[i] = sum;
  }
  /** The first point whose cumulative sum exceeds `share` of the total. */
  const find = (share: number): number => {
    const wanted = share * sum;
    let [low, high] = [0, length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return { find, probability };
};

/**
 * Importance sampling: draws points in proportion to their errors, with replacement, and compensates with lower
 * weights. The target `weight`, `[n, 1]`, is (N q)^-softness for a point of probability q among N, so it is 1 for all
 * points if the errors are equal. Use it with a weighted loss:
 *
 *     term({ points: importanceSampling(pixels(image), { count: 4096 }), loss: mse({ weight: 'weight' }) })
 *
 * q is the square root of the point's latest loss, divided by the sum of these roots over all points, mixed with the
 * uniform distribution. Losses are measured by a forward pass over the set before step 1, and again at intervals given
 * by `every`; until then points are uniform.
 *
 * The softness is that of soft mining: Kheradmand et al. 2024, "Accelerating neural field training via soft mining",
 * CVPR, arXiv:2312.00075, section 3. This is not soft mining: there, points are moved by Langevin Monte Carlo along the
 * gradient of the error, since not all rays of a scene can be scored. Here all points of the finite set are scored now
 * and then, which gives the distribution itself, as old as the latest scores.
 *
 * The state in checkpoints is the latest losses, 4 bytes per point. For a single field, not with a search optimizer.
 *
 * @throws RangeError when an option is out of its range, or the set has more than 2^31 points; when points are drawn,
 *   if they have a target `weight` already
 */
export const importanceSampling = (points: PointSet, options: ImportanceSamplingOptions): PointSource => {
  assertOptions('importanceSampling', options, { count: 1, softness: 1, uniform: 1, every: 1 });
  const { count, softness = 0.6, uniform = 0.1, every } = options;
  assertPointCount('importanceSampling', count);
  if (!(softness >= 0 && softness <= 1))
    throw new RangeError(`importanceSampling: softness must be in [0, 1], got ${softness}`);
  if (!(uniform > 0 && uniform <= 1))
    throw new RangeError(`importanceSampling: uniform must be in (0, 1], got ${uniform}`);
  const { size } = points;
  if (size > 2 ** 31) throw new RangeError(`importanceSampling: the set must have at most 2^31 points, got ${size}`);
  const weighted = (indices: Float64Array, weightOf: (index: number) => number): PointBatch => {
    const { coords, targets } = points.at(indices);
    if (targets?.['weight']) throw new RangeError("importanceSampling: the points already have a target 'weight'");
    return { coords, targets: { ...targets, weight: Float32Array.from(indices, weightOf) } };
  };
  let distribution: ReturnType<typeof createDistribution> | undefined;
  const scores = createPointScores('importanceSampling', points, {
    ...(every && { every }),
    drawAll: indices => weighted(indices, () => 1),
    changed: losses => {
      distribution = createDistribution(losses, uniform);
    },
  });
  return {
    ...scores,
    inFeatures: points.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw(start, n, rng) {
      const { find, probability } = distribution ?? {
        find: (share: number) => Math.floor(share * size),
        probability: () => 1 / size,
      };
      const shares = drawNumbers(rng, { start, count: n, width: 1 }, nextUniform);
      return weighted(shares.map(find), index => (size * probability(index)) ** -softness);
    },
  };
};
