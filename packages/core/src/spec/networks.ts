/** @file Networks from the literature, as functions that return specs. */

import type { ActivationSpec } from '../activations/activation.ts';
import { assertCount, assertPositive } from '../assert-number.ts';
import type { InitialiserSpec } from '../initialisers/index.ts';
import { assertOptions } from '../options.ts';
import type { DenseSpec } from './dense.ts';
import type { FieldSpec } from './field-spec.ts';
import type { Extensions, LayerSpec } from './layer.ts';
import { parseSpec } from './spec.ts';

/** The size of a network of dense layers. */
export interface NetworkSize {
  /** The number of coordinates. */
  readonly inFeatures: number;
  /** The number of values that the field returns. */
  readonly outFeatures: number;
  /** The width of the hidden layers. */
  readonly hiddenFeatures: number;
  /**
   * The number of hidden-to-hidden layers, as the SIREN paper counts: `3` makes four activations and a linear layer.
   */
  readonly hiddenLayers: number;
}

/** The options of {@link siren}. */
export interface SirenOptions extends NetworkSize {
  /** The frequency factor of the first layer; 30 in the paper. A larger one learns finer detail first. */
  readonly omega0?: number;
  /** The frequency factor of the other layers; 30 in the paper. */
  readonly omegaHidden?: number;
  /**
   * A factor on the initial weights of all layers but the last, which raises the frequencies that are learned first:
   * weight scaling, Yeom et al. 2025, arXiv:2410.04779; 2.5 there for images in [0, 1]. 1 if absent.
   */
  readonly weightScale?: number;
}

/** What {@link mlp} lets a layer have of its own. */
type LayerOptions = Partial<Pick<DenseSpec, 'activation' | 'weightInitialiser' | 'biasInitialiser'>>;

/** The options of {@link mlp}. */
export interface MlpOptions extends NetworkSize {
  readonly activation: ActivationSpec;
  /** PyTorch's default for a linear layer if absent. */
  readonly weightInitialiser?: InitialiserSpec;
  /** PyTorch's default for a linear layer if absent; `null` for layers without bias. */
  readonly biasInitialiser?: InitialiserSpec | null;
  /** Overrides for the first dense layer, e.g. `{ biasInitialiser: { kind: 'uniform', bound: 10 } }` for FINER. */
  readonly firstLayer?: LayerOptions;
  /** Overrides for the last dense layer, but for its activation. */
  readonly lastLayer?: Omit<LayerOptions, 'activation'>;
  /** A layer before the first, e.g. an encoding. */
  readonly encoding?: LayerSpec;
  /** The activation of the output; identity if absent. */
  readonly finalActivation?: ActivationSpec;
  readonly extensions?: Extensions;
}

const identity: ActivationSpec = { kind: 'identity' };

const assertSize = (name: string, { inFeatures, outFeatures, hiddenFeatures, hiddenLayers }: NetworkSize): void => {
  for (const [key, value] of Object.entries({ inFeatures, outFeatures, hiddenFeatures }))
    assertCount(`${name}: ${key}`, value);
  assertCount(`${name}: hiddenLayers`, hiddenLayers, 0);
};

/**
 * A sinusoidal representation network, layers sin(omega (W x + b)) followed by a linear one.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 3; the initialisation is that of section 3.2 with the biases of the
 * authors' code.
 *
 * @throws RangeError when a size is not a positive integer or an omega is not a positive number
 */
export const siren = (options: SirenOptions): FieldSpec => {
  assertOptions('siren', options, {
    omega0: 1,
    omegaHidden: 1,
    weightScale: 1,
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 1,
    hiddenLayers: 1,
  });

  const { inFeatures, outFeatures, hiddenFeatures, hiddenLayers, omega0 = 30, omegaHidden = 30, weightScale } = options;
  assertSize('siren', options);
  for (const [key, value] of Object.entries({ omega0, omegaHidden, weightScale: weightScale ?? 1 }))
    assertPositive(`siren: ${key}`, value);
  const scale = weightScale === undefined ? {} : { scale: weightScale };
  return mlp({
    inFeatures,
    outFeatures,
    hiddenFeatures,
    hiddenLayers,
    activation: { kind: 'sine', omega: omegaHidden },
    weightInitialiser: { kind: 'siren-hidden', ...scale },
    firstLayer: { activation: { kind: 'sine', omega: omega0 }, weightInitialiser: { kind: 'siren-first', ...scale } },
    lastLayer: { weightInitialiser: { kind: 'siren-hidden' } },
  });
};

/**
 * A network of dense layers with the same activation, followed by a linear layer.
 *
 * @throws RangeError or TypeError when a size, an activation or an initialiser is wrong
 */
export const mlp = (options: MlpOptions): FieldSpec => {
  assertOptions('mlp', options, {
    activation: 1,
    weightInitialiser: 1,
    biasInitialiser: 1,
    firstLayer: 1,
    lastLayer: 1,
    encoding: 1,
    finalActivation: 1,
    extensions: 1,
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 1,
    hiddenLayers: 1,
  });

  const {
    inFeatures,
    outFeatures,
    hiddenFeatures,
    hiddenLayers,
    activation,
    encoding,
    finalActivation = identity,
  } = options;
  const {
    weightInitialiser = { kind: 'pytorch-linear' },
    biasInitialiser = { kind: 'pytorch-linear' },
    firstLayer,
    lastLayer,
    extensions,
  } = options;
  assertSize('mlp', options);
  const layers = Array.from({ length: hiddenLayers + 2 }, (_, index): DenseSpec => {
    const last = index === hiddenLayers + 1;
    return {
      kind: 'dense',
      outFeatures: last ? outFeatures : hiddenFeatures,
      activation: last ? finalActivation : activation,
      weightInitialiser,
      biasInitialiser,
      ...(index === 0 && firstLayer),
      ...(last && lastLayer),
    };
  });
  return parseSpec({ inFeatures, layers: encoding ? [encoding, ...layers] : layers }, extensions);
};
