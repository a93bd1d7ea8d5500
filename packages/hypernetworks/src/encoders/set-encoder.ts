/** @file The permutation-invariant set encoder of the SIREN paper. */
import { createField, type FieldSpec, siren } from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import { matMul, reshape, type Tensor2D, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import { optionsOf } from '../spec-options.ts';
import { contextInputs, contextTensors } from './context-rows.ts';
import type { Encoder, EncoderDefinition, EncoderSpec } from './encoder.ts';

/** The JSON form of {@link setEncoder}. */
export interface SetEncoderSpec extends EncoderSpec {
  readonly kind: 'set-encoder';
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  readonly omega0: number;
}

/** The options of {@link setEncoder}. */
export interface SetEncoderOptions {
  /** The width of its hidden layers; 256 if absent. */
  readonly hiddenFeatures?: number;
  /** The number of hidden-to-hidden layers, as of `siren`; 2 if absent. */
  readonly hiddenLayers?: number;
  /** The frequency factor of its sines; 30 if absent. */
  readonly omega0?: number;
}

/**
 * A set encoder: z = mean_i phi(x_i, f_i) over the known samples, with a network of sines phi. It takes any number of
 * samples in any order.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.4, after the conditional neural processes of Garnelo et al. 2018,
 * arXiv:1807.01613.
 *
 * @throws RangeError when an option is out of its range
 */
export const setEncoder = (options: SetEncoderOptions = {}): SetEncoderSpec => {
  assertOptions('setEncoder', options, { hiddenFeatures: 1, hiddenLayers: 1, omega0: 1 });
  const { hiddenFeatures = 256, hiddenLayers = 2, omega0 = 30 } = options;
  assertCount('setEncoder: hiddenFeatures', hiddenFeatures);
  assertCount('setEncoder: hiddenLayers', hiddenLayers, 0);
  assertPositive('setEncoder: omega0', omega0);
  return { kind: 'set-encoder', hiddenFeatures, hiddenLayers, omega0 };
};

/**
 * The last layer, with outputs of unit size, as the pre-activations of a SIREN. Initialised as in the authors' code its
 * outputs, and with them all that depends on the signal, are 30 times smaller.
 */
const outputLayer = (layer: DenseSpec): DenseSpec => ({
  ...layer,
  weightInitialiser: { kind: 'siren-hidden', omega: 1 },
});

/** The definition of {@link setEncoder}. */
export const setEncoderDefinition: EncoderDefinition<SetEncoderSpec> = {
  kind: 'set-encoder',
  build(spec, context): Encoder {
    const { hiddenFeatures, hiddenLayers, omega0 } = setEncoder(optionsOf(spec));
    const { inFeatures, outFeatures, latentFeatures } = context;
    const { layers, ...rest } = siren({
      inFeatures: inFeatures + outFeatures,
      outFeatures: latentFeatures,
      hiddenFeatures,
      hiddenLayers,
      omega0,
    });
    const network: FieldSpec = { ...rest, layers: layers.with(-1, outputLayer(layers.at(-1) as DenseSpec)) };
    return {
      create: values => createField(network, values),
      observe: observations => contextInputs('set-encoder', observations, context),
      encode: ({ evaluate }, inputs) =>
        tidy(() => {
          const { rows, shares } = contextTensors('set-encoder', inputs);
          const [b, , k] = shares.shape;
          const features = reshape((evaluate as (rows: Tensor2D) => Tensor2D)(rows), [b, k, latentFeatures]);
          return reshape(matMul(shares, features as Tensor3D), [b, latentFeatures]);
        }),
    };
  },
};
