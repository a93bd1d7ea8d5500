/** @file What passes through the layers of a field: distributions of pre-activations, activations and gradients. */
import { engine, keep, ones, scalar, sum, type Tensor, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import type { Field } from '../field.ts';
import { layerParameters } from '../jets/evaluate.ts';
import type { DenseSpec } from '../layers/dense.ts';
import type { LayerSpec } from '../layers/layer.ts';
import { isDense, type ResolvedLayer, resolveLayers } from '../spec/spec.ts';
import { type Distribution, distributionOf } from './distribution.ts';

/** One layer at the given points. */
export interface LayerStatistics {
  readonly layer: number;
  readonly kind: string;
  /** W h + b, before the activation (and before its omega); absent for layers that are not dense. */
  readonly preActivation?: Distribution;
  readonly activation: Distribution;
  /** The derivative of the sum of all outputs with respect to the layer's activations. */
  readonly activationGradient: Distribution;
}

/** A layer with its place, by which its parameters are found. */
type PlacedLayer = ResolvedLayer & { readonly index: number };

const apply = (field: Field, layer: PlacedLayer, spec: LayerSpec, value: Tensor2D): Tensor2D =>
  layer.definition.jet(
    { value },
    { spec, extensions: field.extensions, parameters: layerParameters(layer, layer.index, field.parameters) },
  ).value;

const linearPart = (spec: DenseSpec): DenseSpec => ({ ...spec, activation: { kind: 'identity' } });

const read = async (tensor: Tensor): Promise<Float32Array> => {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
};

/**
 * The distributions in every layer of a field at n points, to plot or to test. SIREN's initialisation is made to keep them the same at any depth:
 * Sitzmann et al. 2020, arXiv:2006.09661, section 3.2 and figure 2 of the supplement.
 *
 * @param coords `f32[n, inFeatures]`, e.g. uniform on [-1, 1]
 * @param bins the number of bins of each histogram
 */
export const layerStatistics = async (
  field: Field,
  coords: Tensor2D,
  { bins = 64 }: { readonly bins?: number } = {},
): Promise<readonly LayerStatistics[]> => {
  const layers = resolveLayers(field.spec, field.extensions).map((layer, index) => ({ ...layer, index }));
  const results: LayerStatistics[] = [];
  let input: Tensor2D = keep(coords.clone());
  for (const [index, layer] of layers.entries()) {
    const { spec } = layer;
    const preActivation = isDense(spec) ? tidy(() => apply(field, layer, linearPart(spec), input)) : undefined;
    const activation = keep(tidy(() => apply(field, layer, spec, input)));
    const rest = layers.slice(index + 1);
    const gradient = tidy(() => {
      if (rest.length === 0) return ones(activation.shape);
      const output = (): Tensor => sum(rest.reduce((value, next) => apply(field, next, next.spec, value), activation));
      return engine().gradients(output, [activation], scalar(1), false).grads[0] as Tensor;
    });
    results.push({
      layer: index,
      kind: spec.kind,
      ...(preActivation && { preActivation: distributionOf(await read(preActivation), bins) }),
      activation: distributionOf(Float32Array.from(await activation.data()), bins),
      activationGradient: distributionOf(await read(gradient), bins),
    });
    input.dispose();
    input = activation;
  }
  input.dispose();
  return results;
};
