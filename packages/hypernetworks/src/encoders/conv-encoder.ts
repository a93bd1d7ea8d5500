/** @file A convolutional encoder of incomplete pictures, with partial convolutions. */
import { createParameters, type ParameterSetEntry } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import {
  add,
  conv2d,
  div,
  matMul,
  maximum,
  minimum,
  mul,
  ones,
  relu,
  reshape,
  type Tensor2D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { kaiming, normalValues, uniformValues } from '../generators/initial-values.ts';
import { optionsOf } from '../spec-options.ts';
import { inputTensor } from './context-rows.ts';
import type { Encoder, EncoderDefinition, EncoderParameters, EncoderSpec } from './encoder.ts';

/** The JSON form of {@link convEncoder}. */
export interface ConvEncoderSpec extends EncoderSpec {
  readonly kind: 'conv-encoder';
  readonly height: number;
  readonly width: number;
  readonly channels: readonly number[];
}

/** The options of {@link convEncoder}. */
export interface ConvEncoderOptions {
  /** The number of rows of the pictures. */
  readonly height: number;
  /** The number of columns. */
  readonly width: number;
  /** The channels of each convolution; each halves the picture. `[32, 64, 64]` if absent. */
  readonly channels?: readonly number[];
}

/** Pixels along a side of each filter, and between its places. */
const [SIZE, STRIDE] = [3, 2];

/**
 * An encoder of pictures of which only some pixels are known, at the centres of a grid over [-1, 1]^2 with rows first:
 * partial convolutions of 3 x 3 with stride 2 and ReLU, then a linear layer.
 *
 * A partial convolution sums over the known pixels of its window alone, times 9 / their number, and its output is known
 * where there is one: Liu et al. 2018, "Image inpainting for irregular holes using partial convolutions",
 * arXiv:1804.07723, equations 1 and 2. As in the convolutional encoder of Sitzmann et al. 2020, arXiv:2006.09661.
 *
 * @throws RangeError when an option is out of its range
 */
export const convEncoder = (options: ConvEncoderOptions): ConvEncoderSpec => {
  assertOptions('convEncoder', options, { height: 1, width: 1, channels: 1 });
  const { height, width, channels = [32, 64, 64] } = options;
  assertCount('convEncoder: height', height, 2);
  assertCount('convEncoder: width', width, 2);
  if (!Array.isArray(channels) || channels.length === 0)
    throw new RangeError(`convEncoder: channels must be a list of positive integers, got ${JSON.stringify(channels)}`);
  for (const count of channels) assertCount('convEncoder: channels', count);
  return { kind: 'conv-encoder', height, width, channels: [...channels] };
};

/** The pixel of a coordinate in [-1, 1] on an axis. */
const pixelOf = (x: number, count: number): number =>
  Math.min(count - 1, Math.max(0, Math.floor(((x + 1) / 2) * count)));

/** The length of an axis behind the convolutions. */
const lengthAfter = (length: number, convolutions: number): number =>
  Array.from({ length: convolutions }).reduce<number>(n => Math.ceil(n / STRIDE), length);

/** A layer's output and which of it is known. */
interface Partial4D {
  readonly features: Tensor4D;
  /** `f32[b, h, w, 1]`, each 0 or 1 */
  readonly known: Tensor4D;
}

/** One partial convolution with ReLU. */
const partialConvolution = (
  { features, known }: Partial4D,
  { tensor }: EncoderParameters,
  layer: string,
): Partial4D => {
  const masked: Tensor4D = mul(features, known);
  const sums = conv2d(masked, tensor(`${layer}.weight`) as Tensor4D, STRIDE, 'same');
  const count = conv2d(known, ones([SIZE, SIZE, 1, 1]) as Tensor4D, STRIDE, 'same');
  const next = minimum(count, 1) as Tensor4D;
  const scale = div(SIZE * SIZE, maximum(count, 1));
  const activations: Tensor4D = mul(add(mul(sums, scale), tensor(`${layer}.bias`)), next);
  return { features: relu(activations), known: next };
};

/** The definition of {@link convEncoder}. */
export const convEncoderDefinition: EncoderDefinition<ConvEncoderSpec> = {
  kind: 'conv-encoder',
  build(spec, { inFeatures, outFeatures, latentFeatures }): Encoder {
    const { height, width, channels } = convEncoder(optionsOf(spec));
    if (inFeatures !== 2) throw new RangeError(`conv-encoder: the field must have 2 coordinates, got ${inFeatures}`);
    const entries: Record<string, ParameterSetEntry> = {};
    for (const [i, out] of channels.entries()) {
      const input = channels[i - 1] ?? outFeatures;
      const fanIn = SIZE * SIZE * input;
      entries[`convolutions.${i}.weight`] = {
        shape: [SIZE, SIZE, input, out],
        initialise: rng => normalValues(fanIn * out, kaiming(fanIn), rng),
      };
      entries[`convolutions.${i}.bias`] = { shape: [out] };
    }
    const flat =
      lengthAfter(height, channels.length) * lengthAfter(width, channels.length) * (channels.at(-1) as number);
    entries['output.weight'] = {
      shape: [flat, latentFeatures],
      initialise: rng => uniformValues(flat * latentFeatures, Math.sqrt(3 / flat), rng),
    };
    entries['output.bias'] = { shape: [latentFeatures] };
    return {
      create: values => createParameters(entries, values),
      observe: observations => {
        if (observations.length === 0) throw new RangeError('conv-encoder: needs at least one observation, got none');
        const size = height * width;
        const picture = new Float32Array(observations.length * size * outFeatures);
        const known = new Float32Array(observations.length * size);
        for (const [b, { coords, values }] of observations.entries()) {
          const count = coords.length / 2;
          if (!(Number.isInteger(count) && values.length === count * outFeatures))
            throw new RangeError(
              `conv-encoder: an observation must have coords [k, 2] and values [k, ${outFeatures}], ` +
                `got ${coords.length} and ${values.length} values`,
            );
          for (let i = 0; i < count; i++) {
            const row = pixelOf(coords[2 * i] as number, height);
            const at = b * size + row * width + pixelOf(coords[2 * i + 1] as number, width);
            known[at] = 1;
            picture.set(values.subarray(i * outFeatures, (i + 1) * outFeatures), at * outFeatures);
          }
        }
        return {
          picture: { shape: [observations.length, height, width, outFeatures], data: picture },
          known: { shape: [observations.length, height, width, 1], data: known },
        };
      },
      encode: (parameters, inputs) =>
        tidy(() => {
          let layer: Partial4D = {
            features: inputTensor('conv-encoder', inputs, 'picture') as Tensor4D,
            known: inputTensor('conv-encoder', inputs, 'known') as Tensor4D,
          };
          for (const i of channels.keys()) layer = partialConvolution(layer, parameters, `convolutions.${i}`);
          const rows = reshape(layer.features, [layer.features.shape[0], flat]);
          return add(matMul(rows, parameters.tensor('output.weight') as Tensor2D), parameters.tensor('output.bias'));
        }),
    };
  },
};
