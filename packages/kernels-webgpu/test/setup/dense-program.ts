/** @file Chains of dense layers as programs. */
import type { KernelProgram, LinearOperation } from '@neural-fields/core/kernels';
import type { JetShape } from '@neural-fields/core/layers';
import { type FieldProgram, fieldProgram } from '../../src/field-jet/field-program.ts';
import { layerActivation } from './layer-activation.ts';

/** A layer of {@link denseProgram}. */
export interface LayerShape {
  readonly outFeatures: number;
  readonly activation: { readonly kind: string; readonly parameters: Readonly<Record<string, number>> };
}

const linearOperation = (
  inFeatures: number,
  index: number,
  offset: number,
  { outFeatures, activation }: LayerShape,
): LinearOperation => {
  const { kind, parameters } = activation;
  const { definition } = layerActivation(kind);
  return {
    kind: 'linear',
    inputs: [index],
    outFeatures,
    weight: { kind: 'parameter', index: 2 * index, offset, shape: [inFeatures, outFeatures] },
    bias: { kind: 'parameter', index: 2 * index + 1, offset: offset + inFeatures * outFeatures, shape: [outFeatures] },
    ...(kind !== 'identity' &&
      definition && {
        activation: {
          definition,
          parameters: Object.entries(parameters).map(([name, value]) => ({ name, value, initial: value })),
        },
      }),
  };
};

/** @param input the kind and the width of the input; coordinates if absent */
export const denseProgram = (
  shape: JetShape,
  layers: readonly LayerShape[],
  { kind = 'coords', features = shape.inFeatures }: Partial<KernelProgram['inputs'][number]> = {},
): FieldProgram => {
  let [width, offset] = [features, 0];
  const operations = layers.map((layer, index) => {
    const operation = linearOperation(width, index, offset, layer);
    offset += (width + 1) * layer.outFeatures;
    width = layer.outFeatures;
    return operation;
  });
  return fieldProgram({ shape, inputs: [{ kind, features }], operations, outFeatures: width, parameterCount: offset });
};
