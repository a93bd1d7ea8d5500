import { add, matMul, reshape, scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { ActivationSpec } from '../activations/activation.ts';
import { activationParameterValues, assertActivationSpec } from '../activations/index.ts';
import { assertInitialiser, type InitialiserSpec, initialise } from '../initialisers/index.ts';
import { type Extensions, findActivation } from '../spec/extensions.ts';
import { activationJet } from './activation-jet.ts';
import type { LayerContext, LayerDefinition, LayerJet, LayerPlace, LayerSpec, ParameterDeclaration } from './layer.ts';

/** h = s(x W + b): a matrix product, a bias and an activation. */
export interface DenseSpec extends LayerSpec {
  readonly kind: 'dense';
  readonly outFeatures: number;
  /** Its own numbers (omega, a, b ...) stand here and nowhere else: the initialisers read them from here too. */
  readonly activation: ActivationSpec;
  readonly weightInitialiser: InitialiserSpec;
  /** `null` for a layer without bias. */
  readonly biasInitialiser: InitialiserSpec | null;
}

const asDense = (spec: LayerSpec): DenseSpec => spec as DenseSpec;

/** An activation with all its parameters filled in. */
const complete = (activation: ActivationSpec, extensions: Extensions): ActivationSpec => ({
  ...activation,
  ...activationParameterValues(activation, findActivation(activation, extensions)),
});

/** The activation of the layer before, where it is a dense one. */
const activationBefore = (previous: LayerSpec | undefined, extensions: Extensions): ActivationSpec | undefined =>
  previous?.kind === 'dense' ? complete(asDense(previous).activation, extensions) : undefined;

/** z -> z W for stacked rows: `f32[k, n, i]` to `f32[k, n, o]`. */
const multiplyStacked = (x: Tensor3D, weight: Tensor2D): Tensor3D => {
  const [k, n, inFeatures] = x.shape;
  return reshape(matMul(reshape(x, [k * n, inFeatures]), weight), [k, n, weight.shape[1]]);
};

/**
 * The dense layer. Its rule: z0 = h0 W + b, z1_k = h1_k W, z2_j = h2_j W, then the activation's.
 *
 * Parameters: `weight` f32[inFeatures, outFeatures], `bias` f32[outFeatures], and `activation.<name>` f32[] for each learnable
 * parameter of the activation.
 */
export const dense: LayerDefinition<DenseSpec> = {
  kind: 'dense',
  assertSpec(spec, { extensions }) {
    const { activation, weightInitialiser, biasInitialiser } = asDense(spec);
    if (typeof activation?.kind !== 'string')
      throw new TypeError(`dense layer: activation must be an object with a kind, got ${JSON.stringify(activation)}`);
    assertActivationSpec(activation, findActivation(activation, extensions));
    assertInitialiser('dense layer: weightInitialiser', weightInitialiser);
    if (biasInitialiser !== null) assertInitialiser('dense layer: biasInitialiser', biasInitialiser);
  },
  outFeatures: spec => asDense(spec).outFeatures,
  parameters(spec, { inFeatures, previous, extensions }: LayerPlace): readonly ParameterDeclaration[] {
    const { outFeatures, weightInitialiser, biasInitialiser } = asDense(spec);
    const activation = complete(asDense(spec).activation, extensions);
    const before = activationBefore(previous, extensions);
    const context = { inFeatures, outFeatures, activation, ...(before && { previousActivation: before }) };
    const declare = (name: string, shape: readonly number[], initialiser: InitialiserSpec): ParameterDeclaration => ({
      name,
      shape,
      initialise: rng => initialise(initialiser, shape, context, rng),
    });
    return [
      declare('weight', [inFeatures, outFeatures], weightInitialiser),
      ...(biasInitialiser ? [declare('bias', [outFeatures], biasInitialiser)] : []),
      ...(activation.learnable ?? []).map(name => ({
        name: `activation.${name}`,
        shape: [],
        initialise: () => new Float32Array([activation[name] as number]),
      })),
    ];
  },
  jet(input: LayerJet, { spec, parameters, forms, extensions }: LayerContext): LayerJet {
    const { activation } = asDense(spec);
    const definition = findActivation(activation, extensions);
    const weight = parameters['weight'] as Tensor2D;
    const bias = parameters['bias'] as Tensor1D | undefined;
    const product: Tensor2D = matMul(input.value, weight);
    const preActivation: LayerJet = {
      value: bias ? add<Tensor2D>(product, bias) : product,
      ...(input.first && { first: multiplyStacked(input.first, weight) }),
      ...(input.second && { second: multiplyStacked(input.second, weight) }),
    };
    if (activation.kind === 'identity') return preActivation;
    const learnable = activation.learnable ?? [];
    const values = Object.entries(activationParameterValues(activation, definition)).map(([name, value]): [string, Tensor] => [
      name,
      learnable.includes(name) ? (parameters[`activation.${name}`] as Tensor) : scalar(value),
    ]);
    return activationJet(preActivation, definition, {
      parameters: Object.fromEntries(values),
      learnable,
      ...(forms && { forms }),
    });
  },
};
