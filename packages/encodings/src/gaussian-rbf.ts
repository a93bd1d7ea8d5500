import { createRng, type LayerSpec, type Rng } from '@neural-fields/core';
import { defineActivation, exp } from '@neural-fields/core/elementwise';
import {
  columns,
  constantArray,
  constantFeatures,
  elementwise,
  type LayerDefinition,
  product,
  sum,
} from '@neural-fields/core/layers';
import { assertCount, assertFinite, assertOptions, assertPositive } from '@neural-fields/core/options';

/** The parameters that can be learned. */
export type RbfLearnable = 'centres' | 'sigma';

/** The options of {@link gaussianRbf}. */
export interface GaussianRbfOptions {
  /** The number of basis functions, each of which is a feature; 1024 in the SIREN authors' code. */
  readonly features: number;
  /** The initial width (standard deviation) of all functions, in units of the input; 0.25 if absent. */
  readonly sigma?: number;
  /** The initial centres are uniform in [-bound, bound]^d; 1 if absent. */
  readonly bound?: number;
  /** The parameters that are learned; both if absent. */
  readonly learnable?: readonly RbfLearnable[];
  /**
   * The seed of the centres. If absent, they are drawn from the field's seed and must be learned, since centres that
   * are not parameters must be determined by the spec.
   */
  readonly seed?: number;
}

export interface GaussianRbfSpec extends LayerSpec {
  readonly kind: 'gaussian-rbf';
  readonly features: number;
  readonly sigma: number;
  readonly bound: number;
  readonly learnable: readonly RbfLearnable[];
  readonly seed?: number;
}

const KIND = 'gaussian-rbf';
const LEARNABLE: readonly RbfLearnable[] = ['centres', 'sigma'];

const assertSpec = ({ features, sigma, bound, learnable, seed }: GaussianRbfSpec): void => {
  assertCount(`${KIND}: features`, features);
  assertPositive(`${KIND}: sigma`, sigma);
  assertPositive(`${KIND}: bound`, bound);
  if (!(Array.isArray(learnable) && learnable.every(name => LEARNABLE.includes(name))))
    throw new RangeError(
      `${KIND}: learnable must be a list of ${LEARNABLE.join(', ')}, got ${JSON.stringify(learnable)}`,
    );
  if (seed !== undefined) assertFinite(`${KIND}: seed`, seed);
  else if (!learnable.includes('centres'))
    throw new RangeError(`${KIND}: centres that are not learned need a seed, got none`);
};

/** The centres, row-major `[features, inFeatures]`. */
const drawCentres = ({ features, bound }: GaussianRbfSpec, inFeatures: number, rng: Rng): Float32Array =>
  Float32Array.from({ length: features * inFeatures }, () => bound * (2 * rng.uniform() - 1));

const seededCentres = (spec: GaussianRbfSpec, inFeatures: number): Float32Array =>
  drawCentres(spec, inFeatures, createRng(spec.seed as number).fork(KIND));

const bell = defineActivation({ kind: 'exponential', value: x => exp(x) });

/**
 * The layer definition of {@link gaussianRbf}.
 *
 * Parameters, where they are learned: `centres` f32[features, inFeatures], and `inverseSigma` f32[features], which is 1
 * / sigma, so that the features are smooth in the parameter and have no singularity at width 0.
 *
 * The offsets are computed first and squared then: expanding the square would lose digits near a centre.
 */
export const gaussianRbfLayer: LayerDefinition<GaussianRbfSpec> = {
  kind: KIND,
  assertSpec,
  apply(input, { spec, parameter }) {
    const { features, sigma, learnable, seed } = spec;
    const d = input.features;
    const seeded = (): Float32Array => seededCentres(spec, d);
    const widths = (): Float32Array => new Float32Array(features).fill(1 / sigma);
    const centres = learnable.includes('centres')
      ? parameter('centres', {
          shape: [features, d],
          initialise: rng => (seed === undefined ? drawCentres(spec, d, rng) : seeded()),
        })
      : constantArray([features, d], seeded);
    const inverseSigma = learnable.includes('sigma')
      ? parameter('inverseSigma', { shape: [features], initialise: widths })
      : constantArray([features], widths);
    const axes = Array.from({ length: d }, (_, i) => i);
    const scale = constantFeatures(input, inverseSigma);
    const squares = axes.map(i => {
      const axis = columns(input, { count: features, column: () => i });
      const offset = product(sum([axis, constantFeatures(input, centres, i)], [1, -1]), scale);
      return product(offset, offset);
    });
    return elementwise(
      sum(
        squares,
        squares.map(() => -0.5),
      ),
      bell,
    );
  },
};

/**
 * Gaussian radial basis functions: phi_j(x) = exp(-|x - c_j|^2 / (2 sigma_j^2)), one feature for each centre.
 *
 * The RBF baseline of Sitzmann et al. 2020, arXiv:2006.09661, section 4. The authors' code has exp(-100 |x - c|^4)
 * instead, which falls to one half at a distance of 0.289, as a Gaussian with sigma 0.245 does.
 *
 * @throws RangeError when an option is out of its range
 */
export const gaussianRbf = (options: GaussianRbfOptions): GaussianRbfSpec => {
  assertOptions('gaussianRbf', options, { features: 1, sigma: 1, bound: 1, learnable: 1, seed: 1 });

  const { features, sigma = 0.25, bound = 1, learnable = LEARNABLE, seed } = options;
  const spec: GaussianRbfSpec = { kind: KIND, features, sigma, bound, learnable, ...(seed !== undefined && { seed }) };
  assertSpec(spec);
  return spec;
};
