/** @file The dispatches of a forward pass: one for each layer. */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core';
import { linearGroups, type SlotRange, type Step } from '../device/plan.ts';
import { forwardLayer } from '../wgsl/forward-layer.ts';
import { blockCount, jetShapeOf } from '../wgsl/jet-rule.ts';
import { PACK_THREADS, packInput, unpackRows } from '../wgsl/pack.ts';
import { type ProductStyle, productCode } from '../wgsl/product.ts';
import { inputBlocksOf, inputFeaturesOf, outFeaturesOf, padded } from './batches.ts';
import type { LayerRegions, ParameterRegions } from './regions.ts';

/** A list of steps with the buffers that they need. */
export interface Part {
  readonly slots: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

/** The buffer of a layer's activations: each its own where a reverse pass follows, else two in turn. */
export const activationSlot = (layer: number, keeps: boolean): string => `h${keeps ? layer : layer % 2}`;

/** The buffer of a layer's pre-activations. */
export const preActivationSlot = (layer: number): string => `z${layer}`;

/** What is bound for the learned parameters of a layer. */
export const learnedBinding = ({ learned }: LayerRegions): Readonly<Record<string, SlotRange>> =>
  learned ? { learnedParameters: learned.range } : {};

/** How a pass is made. */
export interface PassOptions {
  readonly points: number;
  /** Whether the activations of all layers are kept for a reverse pass. */
  readonly keeps: boolean;
  readonly style: ProductStyle;
}

/** Workgroups of a product of rows with a matrix of so many columns. */
export const productGroups = (
  columns: number,
  { points, blocks, style }: Pick<PassOptions, 'points' | 'style'> & { readonly blocks: number },
): readonly [number, number, number] => {
  const code = productCode({ blocks, inner: 1, matrix: { rows: 1, columns }, transposed: false }, style);
  return [Math.ceil(padded(columns) / 4 / code.workgroup[0]), Math.ceil(points / code.points), 1];
};

/**
 * From the buffer `input`, coordinates or an encoding's jets without padding, to the last layer's activations. The buffer `parameters` must hold the
 * parameters.
 */
export const forwardPart = (
  network: FieldJetNetwork,
  { layers: regions, slotLength }: ParameterRegions,
  { points, keeps, style }: PassOptions,
): Part => {
  const jet = jetShapeOf(network);
  const blocks = blockCount(jet);
  const features = inputFeaturesOf(network);
  const rows = blocks * points;
  const slots: Record<string, number> = {
    parameters: slotLength,
    input: inputBlocksOf(network) * points * features,
    rows: rows * padded(features),
  };
  const { groups, columns } = linearGroups((rows * padded(features)) / 4, PACK_THREADS);
  const pack: Step = {
    shader: packInput({ features, blocks, first: jet.first, encoded: network.encodedFeatures !== undefined }),
    sizes: { points, columns },
    bindings: { source: { slot: 'input' }, rows: { slot: 'rows' } },
    groups,
  };
  const steps = network.layers.map((layer: FieldJetLayer, index): Step => {
    const { outFeatures, hasBias, activation } = layer;
    const region = regions[index] as LayerRegions;
    const [h, z] = [activationSlot(index, keeps), preActivationSlot(index)];
    slots[h] = Math.max(slots[h] ?? 0, rows * padded(outFeatures));
    const keepsZ = keeps && activation.kind !== 'identity';
    if (keepsZ) slots[z] = rows * padded(outFeatures);
    return {
      shader: forwardLayer(layer, jet, { keepsPreActivations: keeps, style }),
      sizes: { points },
      bindings: {
        rows: { slot: index === 0 ? 'rows' : activationSlot(index - 1, keeps) },
        weights: region.weight.range,
        ...(hasBias && region.bias && { bias: region.bias.range }),
        ...learnedBinding(region),
        ...(keepsZ && { z: { slot: z } }),
        h: { slot: h },
      },
      groups: productGroups(outFeatures, { points, blocks, style }),
    };
  });
  return { slots, steps: [pack, ...steps] };
};

/** From the last layer's activations to the buffer `outputs`, `[blocks][points][out]` without padding. */
export const outputPart = (network: FieldJetNetwork, { points, keeps }: Omit<PassOptions, 'style'>): Part => {
  const rows = blockCount(jetShapeOf(network)) * points;
  const features = outFeaturesOf(network);
  const { groups, columns } = linearGroups((rows * padded(features)) / 4, PACK_THREADS);
  const step: Step = {
    shader: unpackRows(features),
    sizes: { rows, columns },
    bindings: { rows: { slot: activationSlot(network.layers.length - 1, keeps) }, result: { slot: 'outputs' } },
    groups,
  };
  return { slots: { outputs: rows * features }, steps: [step] };
};
