import {
  createRng,
  type LayerContext,
  type LayerDefinition,
  type LayerJet,
  type LayerPlace,
  type LayerSpec,
  type ParameterDeclaration,
  quadraticForms,
  type Rng,
} from '@neural-fields/core';
import {
  add,
  addN,
  exp,
  fill,
  mul,
  neg,
  reshape,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { assertCount, assertFinite, assertPositive } from './assert.ts';
import { compose, curvatureOf, type Forms } from './compose.ts';

/** What can be learned of the functions. */
export type RbfLearnable = 'centres' | 'sigma';

/** The options of {@link gaussianRbf}. */
export interface GaussianRbfOptions {
  /** The number of functions, each of which is a feature; 1024 in the SIREN authors' code. */
  readonly features: number;
  /** The width (standard deviation) that all begin with, in units of the input; 0.25 if absent. */
  readonly sigma?: number;
  /** The centres begin uniform in [-bound, bound]^d; 1 if absent. */
  readonly bound?: number;
  /** What is learned; both if absent. */
  readonly learnable?: readonly RbfLearnable[];
  /** The seed of the centres. If absent they follow from the field's seed, and must be learned, since a spec says all that is no parameter. */
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

const asRbf = (spec: LayerSpec): GaussianRbfSpec => spec as GaussianRbfSpec;

const assertSpec = (spec: LayerSpec): void => {
  const { features, sigma, bound, learnable, seed } = asRbf(spec);
  assertCount(`${KIND}: features`, features);
  assertPositive(`${KIND}: sigma`, sigma);
  assertPositive(`${KIND}: bound`, bound);
  if (!(Array.isArray(learnable) && learnable.every(name => LEARNABLE.includes(name))))
    throw new RangeError(`${KIND}: learnable must be a list of ${LEARNABLE.join(', ')}, got ${JSON.stringify(learnable)}`);
  if (seed !== undefined) assertFinite(`${KIND}: seed`, seed);
  else if (!learnable.includes('centres')) throw new RangeError(`${KIND}: centres that are not learned need a seed, got none`);
};

/** The centres, row-major `[features, inFeatures]`. */
const drawCentres = ({ features, bound }: GaussianRbfSpec, inFeatures: number, rng: Rng): Float32Array =>
  Float32Array.from({ length: features * inFeatures }, () => bound * (2 * rng.uniform() - 1));

const seededCentres = (spec: GaussianRbfSpec, inFeatures: number): Float32Array =>
  drawCentres(spec, inFeatures, createRng(spec.seed as number).fork(KIND));

/** What the functions are made of: one row of centres for each input feature, and 1 / sigma^2. */
interface Bells {
  /** For each input feature `f32[1, features]`. */
  readonly centres: readonly Tensor2D[];
  /** `f32[1, features]` */
  readonly precision: Tensor2D;
}

const bellsOf = (spec: GaussianRbfSpec, parameters: Readonly<Record<string, Tensor>>, inFeatures: number): Bells => {
  const { features } = spec;
  const centres = (parameters['centres'] ?? tensor2d(seededCentres(spec, inFeatures), [features, inFeatures])) as Tensor2D;
  const inverseSigma = parameters['inverseSigma'] ?? fill([features], 1 / spec.sigma);
  return {
    centres: Array.from({ length: inFeatures }, (_, i) => reshape(slice(centres, [0, i], [features, 1]), [1, features])),
    precision: reshape(square(inverseSigma), [1, features]),
  };
};

/** sum_i r_i x[., ., i] for `f32[k, n or 1, inFeatures]`: `f32[k, n, features]`. */
const alongOffsets = (x: Tensor3D, offsets: readonly Tensor2D[]): Tensor3D =>
  addN(offsets.map((offset, i) => mul<Tensor3D>(offset, slice(x, [0, 0, i], [-1, -1, 1]))));

/**
 * The jet of the exponent E = -|h - c|^2 / (2 sigma^2). With the offsets r = h - c,
 *
 *     E1_k = -(r . h1_k) / sigma^2        E2_j = -(r . h2_j + sum_kl A_jkl h1_k . h1_l) / sigma^2
 *
 * The offsets are taken first and squared after: the expanded square would lose digits where a centre is near.
 */
const exponentJet = (
  { value, first, second }: LayerJet,
  { centres, precision }: Bells,
  forms: Forms | undefined,
): LayerJet & { value: Tensor2D } => {
  const n = value.shape[0];
  const offsets = centres.map((centre, i): Tensor2D => sub(slice(value, [0, i], [n, 1]), centre));
  const factor = neg(precision);
  const curvature = first && forms && sum<Tensor3D>(quadraticForms(first, forms), 2, true);
  return {
    value: mul(mul(addN(offsets.map(offset => square(offset))), factor), 0.5),
    ...(first && { first: mul<Tensor3D>(alongOffsets(first, offsets), factor) }),
    ...(curvature && {
      second: mul<Tensor3D>(second ? add(alongOffsets(second, offsets), curvature) : curvature, factor),
    }),
  };
};

/**
 * The definition behind {@link gaussianRbf}.
 *
 * Parameters, where they are learned: `centres` f32[features, inFeatures], and `inverseSigma` f32[features], which is 1 / sigma, so that a width
 * may grow without bound but cannot pass through a singularity at 0.
 */
export const gaussianRbfLayer: LayerDefinition<GaussianRbfSpec> = {
  kind: KIND,
  assertSpec,
  outFeatures: spec => asRbf(spec).features,
  parameters(spec, { inFeatures }: LayerPlace): readonly ParameterDeclaration[] {
    const rbf = asRbf(spec);
    const { features, sigma, learnable, seed } = rbf;
    return [
      ...(learnable.includes('centres')
        ? [
            {
              name: 'centres',
              shape: [features, inFeatures],
              initialise: (rng: Rng) => (seed === undefined ? drawCentres(rbf, inFeatures, rng) : seededCentres(rbf, inFeatures)),
            },
          ]
        : []),
      ...(learnable.includes('sigma')
        ? [{ name: 'inverseSigma', shape: [features], initialise: () => new Float32Array(features).fill(1 / sigma) }]
        : []),
    ];
  },
  jet(input: LayerJet, { spec, parameters, forms }: LayerContext): LayerJet {
    const exponent = exponentJet(input, bellsOf(asRbf(spec), parameters, input.value.shape[1]), forms);
    const value = exp(exponent.value);
    return compose(exponent, curvatureOf(exponent, forms), { value, slope: value, bend: value });
  },
};

/**
 * Gaussian radial basis functions: phi_j(x) = exp(-|x - c_j|^2 / (2 sigma_j^2)), a feature for each centre.
 *
 * The RBF baseline of Sitzmann et al. 2020, arXiv:2006.09661, section 4. The authors' code has exp(-100 |x - c|^4) instead, which
 * falls to one half at a distance of 0.289, as a Gaussian with sigma 0.245 does.
 *
 * @throws RangeError when an option is wrong
 */
export const gaussianRbf = (options: GaussianRbfOptions): GaussianRbfSpec => {
  const { features, sigma = 0.25, bound = 1, learnable = LEARNABLE, seed } = options;
  const spec: GaussianRbfSpec = { kind: KIND, features, sigma, bound, learnable, ...(seed !== undefined && { seed }) };
  assertSpec(spec);
  return spec;
};
