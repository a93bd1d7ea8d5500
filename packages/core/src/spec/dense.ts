import type { ActivationSpec } from '../activations/activation.ts';
import { activationParameterValues, assertActivationSpec } from '../activations/index.ts';
import { assertCount } from '../assert-number.ts';
import { assertInitialiser, type InitialiserSpec, initialise } from '../initialisers/index.ts';
import { findActivation } from './extensions.ts';
import type { LayerContext, LayerDefinition, LayerSpec } from './layer.ts';
import { elementwise, linear, type Signal } from './signal.ts';

/** h = s(x W + b): a matrix product, a bias and an activation. */
export interface DenseSpec extends LayerSpec {
  readonly kind: 'dense';
  readonly outFeatures: number;
  /** The only place of its parameters (omega, sigma ...): initialisers read them here too. */
  readonly activation: ActivationSpec;
  readonly weightInitialiser: InitialiserSpec;
  /** `null` for a layer without bias. */
  readonly biasInitialiser: InitialiserSpec | null;
}

/** The role of a learned activation parameter in the layer. */
export const activationRole = (parameter: string): string => `activation.${parameter}`;

/** True for a layer of kind `dense`. */
export const isDense = (layer: LayerSpec): layer is DenseSpec => layer.kind === 'dense';

/**
 * The dense layer.
 *
 * Parameters: `weight` f32[inFeatures, outFeatures], `bias` f32[outFeatures], and `activation.<name>` f32[] for each
 * learnable parameter of the activation.
 */
export const dense: LayerDefinition<DenseSpec> = {
  kind: 'dense',
  assertSpec({ outFeatures, activation, weightInitialiser, biasInitialiser }, { extensions }) {
    assertCount('dense layer: outFeatures', outFeatures);
    if (typeof activation?.kind !== 'string')
      throw new TypeError(`dense layer: activation must be an object with a kind, got ${JSON.stringify(activation)}`);
    assertActivationSpec(activation, findActivation(activation, extensions));
    assertInitialiser('dense layer: weightInitialiser', weightInitialiser, extensions.initialisers);
    if (biasInitialiser !== null)
      assertInitialiser('dense layer: biasInitialiser', biasInitialiser, extensions.initialisers);
  },
  apply(input: Signal, { spec, parameter, extensions }: LayerContext<DenseSpec>): Signal {
    const { outFeatures, weightInitialiser, biasInitialiser } = spec;
    const definition = findActivation(spec.activation, extensions);
    const values = activationParameterValues(spec.activation, definition);
    const activation: ActivationSpec = { ...spec.activation, ...values };
    const { features: inFeatures, origin } = input;
    const context = { inFeatures, outFeatures, activation, ...(origin && { previousActivation: origin }) };
    const declare = (role: string, shape: readonly number[], initialiser: InitialiserSpec) =>
      parameter(role, {
        shape,
        initialise: rng => initialise(initialiser, { shape, context, rng }, extensions.initialisers),
      });
    const weight = declare('weight', [inFeatures, outFeatures], weightInitialiser);
    const bias = biasInitialiser ? declare('bias', [outFeatures], biasInitialiser) : undefined;
    const learned = (activation.learnable ?? []).map(name => [
      name,
      parameter(activationRole(name), { shape: [], initialise: () => Float32Array.of(values[name] as number) }),
    ]);
    const preActivation = linear(input, weight, bias);
    const output =
      activation.kind === 'identity'
        ? preActivation
        : elementwise(preActivation, definition, { ...values, ...Object.fromEntries(learned) }, values);
    return output.from(activation);
  },
  keepUnits: (spec, kept) => ({ ...spec, outFeatures: kept.length }),
  addUnits: (spec, count) => ({ ...spec, outFeatures: spec.outFeatures + count }),
};
