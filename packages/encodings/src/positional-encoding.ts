import type { LayerSpec } from '@neural-fields/core';
import { concat, constantNumbers, type LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertPositive } from './assert.ts';
import { sinusoids } from './sinusoids.ts';

/** The options of {@link positionalEncoding}. */
export interface PositionalEncodingOptions {
  /** The number L of frequencies, each twice the one before; 10 for positions in NeRF. */
  readonly octaves: number;
  /** Whether the input itself comes first among the features; true if absent, as in the code of NeRF and of SIREN. */
  readonly includeInput?: boolean;
  /** The lowest angular frequency, in radians per unit of the input; pi if absent. The code of NeRF has 1. */
  readonly base?: number;
}

export interface PositionalEncodingSpec extends LayerSpec {
  readonly kind: 'positional-encoding';
  readonly octaves: number;
  readonly includeInput: boolean;
  readonly base: number;
}

const KIND = 'positional-encoding';

/** 2^31 pi is already far beyond what float32 coordinates resolve. */
const MOST_OCTAVES = 32;

const assertSpec = ({ octaves, includeInput, base }: PositionalEncodingSpec): void => {
  assertCount(`${KIND}: octaves`, octaves);
  if (octaves > MOST_OCTAVES) throw new RangeError(`${KIND}: octaves must be at most ${MOST_OCTAVES}, got ${octaves}`);
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

/** The definition behind {@link positionalEncoding}. It has no parameters. */
export const positionalEncodingLayer: LayerDefinition<PositionalEncodingSpec> = {
  kind: KIND,
  assertSpec,
  apply(input, { spec: { octaves, includeInput, base } }) {
    const { features } = input;
    // With base pi the phase is half a turn per unit and octave: powers of two, so that its whole turns come off
    // exactly.
    const unit = base === Math.PI ? 'turn' : 'radian';
    const shape = [features, octaves * features];
    const weight = constantNumbers(shape, () => octaveWeights(octaves, features, unit === 'turn' ? 0.5 : base));
    const encoded = sinusoids(input, { weight, unit }, 'sine-cosine');
    return includeInput ? concat([input, encoded]) : encoded;
  },
};

/**
 * Sines and cosines of every input feature at frequencies that double: Mildenhall et al. 2020, arXiv:2003.08934,
 * equation 4,
 *
 *     gamma(p) = (sin(2^0 pi p), cos(2^0 pi p), ..., sin(2^(L-1) pi p), cos(2^(L-1) pi p))
 *
 * The features are in the order of the SIREN authors' code, so that weights trained with it fit: the input where
 * `includeInput`, then for each octave and each input feature its sine and its cosine. With base pi the phases are
 * exact in float32, whatever the octave.
 *
 * @throws RangeError or TypeError when an option is wrong
 */
export const positionalEncoding = (options: PositionalEncodingOptions): PositionalEncodingSpec => {
  const { octaves, includeInput = true, base = Math.PI } = options;
  const spec: PositionalEncodingSpec = { kind: KIND, octaves, includeInput, base };
  assertSpec(spec);
  return spec;
};

/**
 * The number of octaves with which the SIREN authors encode a signal of `samples` points along its shorter axis over
 * [-1, 1]: the largest L with 2^L at most samples / 4. It is 6 for 256 points.
 *
 * @throws RangeError when there are fewer than 8 samples, which leave no octave
 */
export const nyquistOctaves = (samples: number): number => {
  if (!(Number.isFinite(samples) && samples >= 8))
    throw new RangeError(`nyquistOctaves: samples must be a number >= 8, got ${samples}`);
  return Math.floor(Math.log2(samples / 4));
};
