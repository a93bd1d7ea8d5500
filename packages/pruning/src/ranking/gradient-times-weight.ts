import {
  type Field,
  fit,
  type GradientOptimizer,
  type ObjectiveTerm,
  type PointSource,
  type Term,
} from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { keep, type Tensor1D } from '@tensorflow/tfjs-core';
import { type Criterion, Scores } from './criterion.ts';

/** The options of {@link gradientTimesWeight}. */
export interface GradientTimesWeightOptions {
  /** The loss and its points: the objective that the field was fitted to. */
  readonly terms: readonly ObjectiveTerm[];
  /** The number of batches into which the points of a step are divided; 8 if absent. */
  readonly batches?: number;
  /** The seed for drawing points; 0 if absent. */
  readonly seed?: number;
}

const hasPoints = (term: ObjectiveTerm): term is Term => 'points' in term;

/** The points of a step in parts: step s has the s-th part. */
const inParts = (points: PointSource, parts: number): PointSource => {
  const size = Math.ceil(points.pointsPerStep / parts);
  const { inFeatures } = points;
  return {
    inFeatures,
    pointsPerStep: size,
    fixed: false,
    draw: (start, count, rng, at) => {
      const first = ((at.step - 1) * size + start) % Math.max(1, points.pointsPerStep - count + 1);
      return points.draw(points.fixed ? first : start, count, rng, at);
    },
  };
};

/** Takes no step, and gives away every gradient. */
const recorder = (take: (gradient: Tensor1D) => void): GradientOptimizer => ({
  kind: 'recorder',
  learningRate: 0,
  settings: {},
  stateSize: 0,
  update: ({ parameters, gradient }) => {
    take(keep(gradient.clone()));
    return { parameters, state: [] };
  },
});

/**
 * Calls with the gradient of each batch.
 *
 * @param each with `f32[P]`
 */
const eachGradient = async (
  field: Field,
  { terms, batches = 8, seed = 0 }: GradientTimesWeightOptions,
  signal: AbortSignal | undefined,
  each: (gradient: Float32Array) => void,
): Promise<void> => {
  const parts = terms.map(term => (hasPoints(term) ? { ...term, points: inParts(term.points, batches) } : term));
  const taken: Tensor1D[] = [];
  const optimizer = recorder(gradient => taken.push(gradient));
  const options = { steps: batches, optimizer, seed, divergence: { spikeFactor: Number.MAX_VALUE } };
  for await (const _ of fit(field, parts, { ...options, ...(signal && { signal }) }))
    for (const gradient of taken.splice(0)) {
      each(Float32Array.from(await gradient.data()));
      gradient.dispose();
    }
};

/**
 * How much the loss would change without a unit, to first order: the mean over batches of
 *
 *     (sum_s g_s w_s)^2
 *
 * with the gradient g of the batch's loss and the weights w that read the unit, so that the sum is that over the points
 * of the unit's activation times the loss's derivative with respect to it. Molchanov et al. 2019, "Importance
 * estimation for neural network pruning", arXiv:1906.10771, section 3; the score is the square root.
 *
 * @throws RangeError when the number of batches is not a positive integer
 */
export const gradientTimesWeight = (options: GradientTimesWeightOptions): Criterion => {
  assertOptions('gradientTimesWeight', options, { terms: 1, batches: 1, seed: 1 });
  const { batches = 8, seed = 0 } = options;
  assertCount('gradientTimesWeight: batches', batches);
  return {
    name: 'gradient',
    describe: () => `gradient in ${batches} batches with seed ${seed}`,
    scores: async ranked => {
      const { structure, flat } = ranked;
      const { network, registers } = structure;
      const squares = new Scores();
      await eachGradient(ranked.field(), options, ranked.signal, gradient => {
        const sums = new Scores();
        for (const operation of network.program.operations) {
          if (operation.kind !== 'linear' || operation.weight.kind !== 'parameter') continue;
          const units = registers[operation.inputs[0]] ?? [];
          const { weight, outFeatures } = operation;
          const { offset } = weight;
          for (let i = 0; i < units.length * outFeatures; i++)
            sums.add(units[Math.floor(i / outFeatures)], (gradient[offset + i] ?? 0) * (flat[offset + i] ?? 0));
        }
        for (const [unit, sum] of sums.values) squares.add(unit, sum ** 2 / batches);
      });
      return new Map([...squares.values].map(([unit, mean]) => [unit, Math.sqrt(mean)]));
    },
  };
};
