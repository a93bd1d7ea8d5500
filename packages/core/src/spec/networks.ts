/** @file The networks of the literature, as functions that write specs. */
import type { ActivationSpec } from '../activations/activation.ts';
import type { InitialiserSpec } from '../initialisers/index.ts';
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
  /** As the SIREN paper counts: the hidden-to-hidden layers, so that `3` makes four activations and a linear layer. */
  readonly hiddenLayers: number;
}

/** The options of {@link siren}. */
export interface SirenOptions extends NetworkSize {
  /**
   * The frequency factor of the first layer; 30 in the paper. The larger, the finer the detail that is learned first.
   */
  readonly omega0?: number;
  /** That of the layers after the first; 30 in the paper. */
  readonly omegaHidden?: number;
}

/** The options of {@link mlp}. */
export interface MlpOptions extends NetworkSize {
  readonly activation: ActivationSpec;
  /** PyTorch's default for a linear layer if absent. */
  readonly weightInitialiser?: InitialiserSpec;
  /** PyTorch's default for a linear layer if absent; `null` for layers without bias. */
  readonly biasInitialiser?: InitialiserSpec | null;
  /**
   * What is different in the first dense layer, e.g. `{ biasInitialiser: { kind: 'uniform', bound: 10 } }` for FINER.
   */
  readonly firstLayer?: Partial<Pick<DenseSpec, 'activation' | 'weightInitialiser' | 'biasInitialiser'>>;
  /** A layer in front, e.g. an encoding. */
  readonly encoding?: LayerSpec;
  /** On the output; identity if absent. */
  readonly finalActivation?: ActivationSpec;
  readonly extensions?: Extensions;
}

const identity: ActivationSpec = { kind: 'identity' };

const assertSize = (name: string, { inFeatures, outFeatures, hiddenFeatures, hiddenLayers }: NetworkSize): void => {
  for (const [key, value] of Object.entries({ inFeatures, outFeatures, hiddenFeatures }))
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`${name}: ${key} must be a positive integer, got ${value}`);
  if (!(Number.isInteger(hiddenLayers) && hiddenLayers >= 0))
    throw new RangeError(`${name}: hiddenLayers must be an integer >= 0, got ${hiddenLayers}`);
};

/**
 * A sinusoidal representation network, layers sin(omega (W x + b)) with a linear one at the end.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 3; the initialisation is that of section 3.2 with the biases of the
 * authors' code.
 *
 * @throws RangeError when a size is not a positive integer or an omega is not a positive number
 */
export const siren = (options: SirenOptions): FieldSpec => {
  const { inFeatures, outFeatures, hiddenFeatures, hiddenLayers, omega0 = 30, omegaHidden = 30 } = options;
  assertSize('siren', options);
  for (const [key, value] of Object.entries({ omega0, omegaHidden }))
    if (!(Number.isFinite(value) && value > 0))
      throw new RangeError(`siren: ${key} must be a positive number, got ${value}`);
  return mlp({
    inFeatures,
    outFeatures,
    hiddenFeatures,
    hiddenLayers,
    activation: { kind: 'sine', omega: omegaHidden },
    weightInitialiser: { kind: 'siren-hidden' },
    firstLayer: { activation: { kind: 'sine', omega: omega0 }, weightInitialiser: { kind: 'siren-first' } },
  });
};

/**
 * A network of dense layers with one activation throughout and a linear layer at the end.
 *
 * @throws RangeError or TypeError when a size, an activation or an initialiser is wrong
 */
export const mlp = (options: MlpOptions): FieldSpec => {
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
    };
  });
  return parseSpec({ inFeatures, layers: encoding ? [encoding, ...layers] : layers }, extensions);
};
