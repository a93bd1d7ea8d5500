/** @file A latent for each signal of the training set, trained with the rest. */
import { createParameters } from '@neural-fields/core';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import { cast, matMul, oneHot, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { normalValues } from '../generators/initial-values.ts';
import { optionsOf } from '../spec-options.ts';
import { inputTensor } from './context-rows.ts';
import type { Encoder, EncoderDefinition, EncoderSpec } from './encoder.ts';

/** The JSON form of {@link autoDecoder}. */
export interface AutoDecoderSpec extends EncoderSpec {
  readonly kind: 'auto-decoder';
  readonly signals: number;
  readonly deviation: number;
}

/** The options of {@link autoDecoder}. */
export interface AutoDecoderOptions {
  /** N, the number of signals in the training set. */
  readonly signals: number;
  /** The standard deviation of the initial latents; 0.01 if absent. */
  readonly deviation?: number;
}

/**
 * An auto-decoder: a table of latents, one for each signal, trained with the generator. The latent of a new signal is
 * found by optimisation: `fitLatents`.
 *
 * Park et al. 2019, "DeepSDF", arXiv:1901.05103, section 4.2.
 *
 * @throws RangeError when an option is out of its range
 */
export const autoDecoder = (options: AutoDecoderOptions): AutoDecoderSpec => {
  assertOptions('autoDecoder', options, { signals: 1, deviation: 1 });
  const { signals, deviation = 0.01 } = options;
  assertCount('autoDecoder: signals', signals);
  assertPositive('autoDecoder: deviation', deviation);
  return { kind: 'auto-decoder', signals, deviation };
};

/** The definition of {@link autoDecoder}. */
export const autoDecoderDefinition: EncoderDefinition<AutoDecoderSpec> = {
  kind: 'auto-decoder',
  build(spec, { latentFeatures }): Encoder {
    const { signals, deviation } = autoDecoder(optionsOf(spec));
    return {
      create: values =>
        createParameters(
          {
            latents: {
              shape: [signals, latentFeatures],
              initialise: rng => normalValues(signals * latentFeatures, deviation, rng),
            },
          },
          values,
        ),
      observe: observations => {
        const data = Float32Array.from(observations, ({ index }) => {
          if (!(Number.isInteger(index) && (index as number) >= 0 && (index as number) < signals))
            throw new RangeError(
              `auto-decoder: an observation must have an index from 0 to ${signals - 1}, got ${String(index)}; the ` +
                'latents of other signals are found by fitLatents',
            );
          return index as number;
        });
        return { signals: { shape: [data.length], data } };
      },
      // A product with one-hot rows: the gradient of tfjs's gather takes time proportional to the table for each row.
      encode: ({ tensor }, inputs) =>
        tidy(() => {
          const rows = cast(inputTensor('auto-decoder', inputs, 'signals'), 'int32');
          return matMul(cast(oneHot(rows, signals), 'float32') as Tensor2D, tensor('latents') as Tensor2D);
        }),
    };
  },
};
