import type { LayerSpec } from '@neural-fields/core';
import { concat, constantArray, type LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import { sinusoids } from './sinusoids.ts';

/** The options of {@link positionalEncoding}. */
export interface PositionalEncodingOptions {
  /** The number L of frequencies, each twice the previous one; 10 for positions in NeRF. */
  readonly octaves: number;
  /** Whether the features begin with the input itself; true if absent, as in the code of NeRF and of SIREN. */
  readonly includeInput?: boolean;
  /** The lowest angular frequency, in radians per unit of the input; pi if absent. The code of NeRF uses 1. */
  readonly base?: number;
}

export interface PositionalEncodingSpec extends LayerSpec {
  readonly kind: 'positional-encoding';
  readonly octaves: number;
  readonly includeInput: boolean;
  readonly base: number;
}

const KIND = 'positional-encoding';

/** A frequency of 2^31 pi is already far beyond the resolution of float32 coordinates. */
const MAX_OCTAVES = 32;

const assertSpec = ({ octaves, includeInput, base }: PositionalEncodingSpec): void => {
  assertCount(`${KIND}: octaves`, octaves);
  if (octaves > MAX_OCTAVES) throw new RangeError(`${KIND}: octaves must be at most ${MAX_OCTAVES}, got ${octaves}`);
  if (typeof includeInput !== 'boolean')
    throw new TypeError(`${KIND}: includeInput must be true or false, got ${JSON.stringify(includeInput)}`);
  assertPositive(`${KIND}: base`, base);
};

/** `[inFeatures, octaves * inFeatures]` row-major: octave l of feature i is column l * inFeatures + i. */
const octaveWeights = (octaves: number, inFeatures: number, lowest: number): Float32Array => {
  const width = octaves * inFeatures;
  const weights = new Float32Array(inFeatures * width);
  for (let l = 0; l < octaves; l++)
    for (let i = 0; i < inFeatures; i++) weights[i * width + l * inFeatures + i] = lowest * 2 ** l;
  return weights;
};

/** The layer definition of {@link positionalEncoding}. It has no parameters. */
export const positionalEncodingLayer: LayerDefinition<PositionalEncodingSpec> = {
  kind: KIND,
  assertSpec,
  apply(input, { spec: { octaves, includeInput, base } }) {
    const { features } = input;
    // With base pi the phase in cycles is the input times a power of two, so that whole cycles are removed exactly.
    const unit = base === Math.PI ? 'turn' : 'radian';
    const shape = [features, octaves * features];
    const weight = constantArray(shape, () => octaveWeights(octaves, features, unit === 'turn' ? 0.5 : base));
    const encoded = sinusoids(input, { weight, unit }, 'sine-cosine');
    return includeInput ? concat([input, encoded]) : encoded;
  },
};

/**
 * Sines and cosines of every input feature at doubling frequencies: Mildenhall et al. 2020, arXiv:2003.08934, equation
 * 4,
 *
 *     gamma(p) = (sin(2^0 pi p), cos(2^0 pi p), ..., sin(2^(L-1) pi p), cos(2^(L-1) pi p))
 *
 * The features are in the order of the SIREN authors' code, so that weights trained with it can be used: the input if
 * `includeInput`, then the sine and cosine of each input feature, octave by octave. With base pi the phases are exact
 * in float32 at every octave.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const positionalEncoding = (options: PositionalEncodingOptions): PositionalEncodingSpec => {
  assertOptions('positionalEncoding', options, { octaves: 1, includeInput: 1, base: 1 });

  const { octaves, includeInput = true, base = Math.PI } = options;
  const spec: PositionalEncodingSpec = { kind: KIND, octaves, includeInput, base };
  assertSpec(spec);
  return spec;
};

/**
 * The number of octaves that the SIREN authors use for a signal with `samples` points along its shorter axis over [-1,
 * 1]: the largest L with 2^L at most samples / 4. It is 6 for 256 points.
 *
 * @throws RangeError when there are fewer than 8 samples, which give no octave
 */
export const nyquistOctaves = (samples: number): number => {
  if (!(Number.isFinite(samples) && samples >= 8))
    throw new RangeError(`nyquistOctaves: samples must be a number >= 8, got ${samples}`);
  return Math.floor(Math.log2(samples / 4));
};
