import type { LayerSpec } from '@neural-fields/core';
import {
  type ActivationDefinition,
  coreActivations,
  elementwise,
  type LayerDefinition,
} from '@neural-fields/core/layers';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import { shiftedCopies } from './shifted.ts';

/** The parameters that can be learned. */
export type EmbeddingLearnable = 'sigma' | 'b';

/** The options of {@link gaussianEmbedding}. */
export interface GaussianEmbeddingOptions {
  /** The number of functions for each input feature, with equidistant centres from -bound to bound; at least 2. */
  readonly features: number;
  /** The standard deviation before the power is applied; the distance of two centres if absent. */
  readonly sigma?: number;
  /** 1 if absent. */
  readonly bound?: number;
  /** The parameters that are learned, one value for all functions; none if absent. */
  readonly learnable?: readonly 'sigma'[];
}

/** The options of {@link superGaussianEmbedding}. */
export interface SuperGaussianEmbeddingOptions extends Omit<GaussianEmbeddingOptions, 'learnable'> {
  /** The power. */
  readonly b: number;
  readonly learnable?: readonly EmbeddingLearnable[];
}

export interface SuperGaussianEmbeddingSpec extends LayerSpec {
  readonly kind: 'super-gaussian-embedding';
  readonly features: number;
  readonly sigma: number;
  readonly bound: number;
  /** 1 for a Gaussian. */
  readonly b: number;
  readonly learnable: readonly EmbeddingLearnable[];
}

const KIND = 'super-gaussian-embedding';
const LEARNABLE: readonly EmbeddingLearnable[] = ['sigma', 'b'];

const assertSpec = ({ features, sigma, bound, b, learnable }: SuperGaussianEmbeddingSpec): void => {
  assertCount(`${KIND}: features`, features, 2);
  for (const [name, value] of Object.entries({ sigma, bound, b })) assertPositive(`${KIND}: ${name}`, value);
  if (!(Array.isArray(learnable) && learnable.every(name => LEARNABLE.includes(name))))
    throw new RangeError(
      `${KIND}: learnable must be a list of ${LEARNABLE.join(', ')}, got ${JSON.stringify(learnable)}`,
    );
};

const superGaussian = coreActivations.find(({ kind }) => kind === 'super-gaussian') as ActivationDefinition;

/** The layer definition of {@link superGaussianEmbedding}. Its parameters are the learned scalars `sigma` and `b`. */
export const superGaussianEmbeddingLayer: LayerDefinition<SuperGaussianEmbeddingSpec> = {
  kind: KIND,
  assertSpec,
  apply(input, { spec, parameter }) {
    const { features, sigma, b, bound, learnable } = spec;
    const centres = Array.from({ length: features }, (_, j) => bound * ((2 * j) / (features - 1) - 1));
    const offsets = shiftedCopies(input, { scale: 1, shifts: centres.map(centre => -centre) });
    const start = { sigma, b };
    const learned = learnable.map(name => [
      name,
      parameter(name, { shape: [], initialise: () => Float32Array.of(start[name]) }),
    ]);
    return elementwise(offsets, superGaussian, { ...start, ...Object.fromEntries(learned) }, start);
  },
};

/**
 * Super-Gaussians at equidistant centres t_j for every input feature h,
 *
 *     exp(-(h - t_j)^2 / (2 sigma^2))^b
 *
 * Ramasinghe and Lucey 2021, "Learning Positional Embeddings for Coordinate-MLPs", arXiv:2112.11577.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const superGaussianEmbedding = (options: SuperGaussianEmbeddingOptions): SuperGaussianEmbeddingSpec => {
  assertOptions('superGaussianEmbedding', options, { features: 1, sigma: 1, bound: 1, b: 1, learnable: 1 });
  const { features, bound = 1, sigma = (2 * bound) / (features - 1), b, learnable = [] } = options;
  const spec: SuperGaussianEmbeddingSpec = { kind: KIND, features, sigma, bound, b, learnable };
  assertSpec(spec);
  return spec;
};

/**
 * Gaussians at equidistant centres t_j for every input feature h: exp(-(h - t_j)^2 / (2 sigma^2)). Zheng, Ramasinghe
 * and Lucey 2021, "Rethinking Positional Encoding", arXiv:2107.02561. It is {@link superGaussianEmbedding} with b = 1.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const gaussianEmbedding = (options: GaussianEmbeddingOptions): SuperGaussianEmbeddingSpec => {
  assertOptions('gaussianEmbedding', options, { features: 1, sigma: 1, bound: 1, learnable: 1 });
  if (options.learnable?.some(name => name !== 'sigma'))
    throw new RangeError(
      `gaussianEmbedding: learnable must be a list of sigma, got ${JSON.stringify(options.learnable)}`,
    );
  return superGaussianEmbedding({ ...options, b: 1 });
};
