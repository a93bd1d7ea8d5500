import type { LayerContext, LayerDefinition, LayerJet, LayerSpec } from '@neural-fields/core';
import { broadcastTo, concat, type Tensor3D, tensor2d, zeros } from '@tensorflow/tfjs-core';
import { assertCount, assertPositive } from './assert.ts';
import { sinusoids, TURN } from './sinusoids.ts';

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

const asPositional = (spec: LayerSpec): PositionalEncodingSpec => spec as PositionalEncodingSpec;

const assertSpec = (spec: LayerSpec): void => {
  const { octaves, includeInput, base } = asPositional(spec);
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

/** The features of the input in front of others, where the others belong to n points. */
const withInput = (input: LayerJet, features: LayerJet): LayerJet => {
  const n = input.value.shape[0];
  const inFeatures = input.value.shape[1];
  const second = features.second && (input.second ?? zeros([features.second.shape[0], 1, inFeatures]));
  const behind = (front: Tensor3D, back: Tensor3D): Tensor3D =>
    concat([front.shape[1] === n ? front : broadcastTo(front, [front.shape[0], n, inFeatures]), back], 2);
  return {
    value: concat([input.value, features.value], 1),
    ...(input.first && features.first && { first: behind(input.first, features.first) }),
    ...(second && features.second && { second: behind(second as Tensor3D, features.second) }),
  };
};

/** The definition behind {@link positionalEncoding}. It has no parameters. */
export const positionalEncodingLayer: LayerDefinition<PositionalEncodingSpec> = {
  kind: KIND,
  assertSpec,
  outFeatures(spec, inFeatures) {
    const { octaves, includeInput } = asPositional(spec);
    return inFeatures * (2 * octaves + (includeInput ? 1 : 0));
  },
  parameters: () => [],
  jet(input: LayerJet, { spec, forms }: LayerContext): LayerJet {
    const { octaves, includeInput, base } = asPositional(spec);
    const inFeatures = input.value.shape[1];
    // With base pi the phase is half a turn per unit and octave: powers of two, so that its whole turns come off exactly.
    const inTurns = base === Math.PI;
    const weights = octaveWeights(octaves, inFeatures, inTurns ? 0.5 : base);
    const weight = tensor2d(weights, [inFeatures, octaves * inFeatures]);
    const features = sinusoids(input, { weight, unit: inTurns ? TURN : 1 }, 'sine-cosine', forms);
    return includeInput ? withInput(input, features) : features;
  },
};

/**
 * Sines and cosines of every input feature at frequencies that double: Mildenhall et al. 2020, arXiv:2003.08934, equation 4,
 *
 *     gamma(p) = (sin(2^0 pi p), cos(2^0 pi p), ..., sin(2^(L-1) pi p), cos(2^(L-1) pi p))
 *
 * The features are in the order of the SIREN authors' code, so that weights trained with it fit: the input where `includeInput`, then for each
 * octave and each input feature its sine and its cosine. With base pi the phases are exact in float32, whatever the octave.
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
 * The number of octaves with which the SIREN authors encode a signal of `samples` points along its shorter axis over [-1, 1]: the largest L with
 * 2^L at most samples / 4. It is 6 for 256 points.
 *
 * @throws RangeError when there are fewer than 8 samples, which leave no octave
 */
export const nyquistOctaves = (samples: number): number => {
  if (!(Number.isFinite(samples) && samples >= 8))
    throw new RangeError(`nyquistOctaves: samples must be a number >= 8, got ${samples}`);
  return Math.floor(Math.log2(samples / 4));
};
