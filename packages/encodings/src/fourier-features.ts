import { createRng, type LayerSpec } from '@neural-fields/core';
import { constantArray, type LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertFinite, assertOptions, assertPositive } from '@neural-fields/core/options';
import { assertRows } from './assert-rows.ts';
import { type SinusoidOrder, sinusoids, TWO_PI } from './sinusoids.ts';

/** Frequencies drawn at random: b ~ N(0, scale^2), independently for each input feature. */
export interface RandomFrequencies {
  /** The number m of frequencies; the layer has 2 m features. */
  readonly features: number;
  /** The standard deviation of the frequencies, in cycles per unit of the input. */
  readonly scale: number;
  /** The frequencies are drawn from this seed and are not learned. */
  readonly seed: number;
}

/** Explicit frequencies, e.g. those of a network that was trained elsewhere. */
export interface GivenFrequencies {
  /** `[m][inFeatures]`, in cycles per unit of the input. */
  readonly frequencies: readonly (readonly number[])[];
}

/** The order of the features. */
export interface FeatureOrder {
  /**
   * `cosine-sine` if absent: the cosine and the sine of each frequency side by side, as in the paper's equation.
   * `sines-first` has the sines of all frequencies, then the cosines, as in the code of Tancik et al.
   */
  readonly order?: SinusoidOrder;
}

/** The options of {@link fourierFeatures}. */
export type FourierFeaturesOptions = (RandomFrequencies | GivenFrequencies) & FeatureOrder;

export type FourierFeaturesSpec = LayerSpec & { readonly kind: 'fourier-features' } & FourierFeaturesOptions;

const KIND = 'fourier-features';

const ORDERS: readonly SinusoidOrder[] = ['cosine-sine', 'sine-cosine', 'sines-first'];

const assertValid = (options: FourierFeaturesOptions): void => {
  if (options.order !== undefined && !ORDERS.includes(options.order))
    throw new RangeError(`${KIND}: order must be one of ${ORDERS.join(', ')}, got ${JSON.stringify(options.order)}`);
  if ('frequencies' in options) return;
  assertCount(`${KIND}: features`, options.features);
  assertPositive(`${KIND}: scale`, options.scale);
  assertFinite(`${KIND}: seed`, options.seed);
};

const frequencyCount = (options: FourierFeaturesOptions): number =>
  'frequencies' in options ? options.frequencies.length : options.features;

/** The frequencies, row-major `[m, inFeatures]`. */
const frequenciesOf = (options: FourierFeaturesOptions, inFeatures: number): Float32Array => {
  if ('frequencies' in options) return Float32Array.from(options.frequencies.flat());
  const rng = createRng(options.seed).fork(KIND);
  return Float32Array.from({ length: options.features * inFeatures }, () => options.scale * rng.normal());
};

/** The frequencies as columns: `[inFeatures, m]`. */
const frequencyWeights = (options: FourierFeaturesOptions, inFeatures: number): Float32Array => {
  const rows = frequenciesOf(options, inFeatures);
  const m = frequencyCount(options);
  return rows.map((_, index) => rows[(index % m) * inFeatures + Math.floor(index / m)] as number);
};

/** The frequencies as rows, in the float32 precision in which they are used. */
const frequencyRows = (options: FourierFeaturesOptions, inFeatures: number): number[][] => {
  const all = frequenciesOf(options, inFeatures);
  return Array.from({ length: frequencyCount(options) }, (_, j) =>
    Array.from(all.subarray(j * inFeatures, (j + 1) * inFeatures)),
  );
};

/** The same layer with other frequencies. */
const withFrequencies = (
  { order }: FourierFeaturesSpec,
  frequencies: readonly (readonly number[])[],
): FourierFeaturesSpec => ({ kind: KIND, frequencies, ...(order && { order }) });

/** The layer definition of {@link fourierFeatures}. It has no parameters. */
export const fourierFeaturesLayer: LayerDefinition<FourierFeaturesSpec> = {
  kind: KIND,
  assertSpec(options, { inFeatures }) {
    assertValid(options);
    if ('frequencies' in options) assertRows(`${KIND}: frequencies`, options.frequencies, inFeatures);
  },
  apply(input, { spec }) {
    const { features } = input;
    const weight = constantArray([features, frequencyCount(spec)], () => frequencyWeights(spec, features));
    return sinusoids(input, { weight, unit: 'turn' }, spec.order ?? 'cosine-sine');
  },
  keepUnits(spec, kept, { inFeatures }) {
    const rows = frequencyRows(spec, inFeatures);
    return withFrequencies(
      spec,
      kept.map(index => rows[index] as readonly number[]),
    );
  },
  frequencies: {
    read: (spec, { inFeatures }) => frequencyRows(spec, inFeatures).map(row => row.map(cycles => cycles * TWO_PI)),
    add: (spec, angular, { inFeatures }) =>
      withFrequencies(spec, [
        ...frequencyRows(spec, inFeatures),
        ...angular.map(omega => omega.map(component => Math.fround(component / TWO_PI))),
      ]),
  },
};

/**
 * Sines and cosines of random projections: Tancik et al. 2020, arXiv:2006.10739, equation 5, with all amplitudes 1,
 *
 *     gamma(v) = (cos(2 pi b_1 v), sin(2 pi b_1 v), ..., cos(2 pi b_m v), sin(2 pi b_m v)),   b_j ~ N(0, scale^2)
 *
 * The frequencies are frozen: the spec holds their seed, or the frequencies themselves. The scale is the most important
 * setting; the paper's choice for images is 10 on [0, 1], which is 5 on [-1, 1].
 *
 * @throws RangeError when an option is out of its range
 */
export const fourierFeatures = (options: FourierFeaturesOptions): FourierFeaturesSpec => {
  assertOptions('fourierFeatures', options, { features: 1, scale: 1, seed: 1, frequencies: 1, order: 1 });

  assertValid(options);
  const order = options.order && { order: options.order };
  if ('frequencies' in options) return { kind: KIND, frequencies: options.frequencies, ...order };
  const { features, scale, seed } = options;
  return { kind: KIND, features, scale, seed, ...order };
};
