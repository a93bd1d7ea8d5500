/** @file The dispatches of a forward pass: one for each layer. */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core/kernels';
import { linearGroups, type SlotRange, type Step } from '../device/plan.ts';
import { forwardLayer } from '../wgsl/forward-layer.ts';
import { type JetFormat, single } from '../wgsl/jet-format.ts';
import { blockCount, type JetShape, jetShapeOf } from '../wgsl/jet-rule.ts';
import { PACK_THREADS, packInput, unpackRows } from '../wgsl/pack.ts';
import { splitsPreActivations } from '../wgsl/pre-activations.ts';
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

/** What is bound for a layer's pre-activations. */
export const preActivationBinding = (layer: number): Readonly<Record<'z' | 'zDerivatives', SlotRange>> => ({
  z: { slot: `z${layer}` },
  zDerivatives: { slot: `dz${layer}` },
});

/** Float16 takes half the floats. */
const floatsOf = ({ half }: JetFormat, numbers: number): number => (half ? numbers / 2 : numbers);

/** Floats of the buffers of a layer's pre-activations. */
const preActivationSlots = (layer: number, jet: JetShape, format: JetFormat, perBlock: number): Record<string, number> => {
  const blocks = blockCount(jet);
  if (!splitsPreActivations(jet, format)) return { [`z${layer}`]: blocks * perBlock };
  return { [`z${layer}`]: perBlock, [`dz${layer}`]: floatsOf(format, (blocks - 1) * perBlock) };
};

/** How the activations of a layer are stored: what comes out of the network is float32. */
export const formatBehind = ({ layers }: FieldJetNetwork, layer: number, format: JetFormat): JetFormat =>
  layer < 0 || layer === layers.length - 1 ? single : format;

/** What is bound for the learned parameters of a layer. */
export const learnedBinding = ({ learned }: LayerRegions): Readonly<Record<string, SlotRange>> =>
  learned ? { learnedParameters: learned.range } : {};

/** How a pass is made. */
export interface PassOptions {
  readonly points: number;
  /** Whether the activations of all layers are kept for a reverse pass. */
  readonly keeps: boolean;
  readonly style: ProductStyle;
  /** How jets are stored between layers. */
  readonly format: JetFormat;
}

/** Workgroups of a product of rows with a matrix of so many columns. */
export const productGroups = (
  columns: number,
  { points, blocks, style }: Pick<PassOptions, 'points' | 'style'> & { readonly blocks: number },
): readonly [number, number, number] => {
  const code = productCode({ blocks, inner: 1, matrix: { rows: 1, columns }, transposed: false, half: false }, style);
  return [Math.ceil(padded(columns) / 4 / code.workgroup[0]), Math.ceil(points / code.points), 1];
};

/**
 * From the buffer `input`, coordinates or an encoding's jets without padding, to the last layer's activations. The buffer `parameters` must hold the
 * parameters.
 */
export const forwardPart = (
  network: FieldJetNetwork,
  { layers: regions, slotLength }: ParameterRegions,
  { points, keeps, style, format }: PassOptions,
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
    const h = activationSlot(index, keeps);
    const formats = { rows: formatBehind(network, index - 1, format), h: formatBehind(network, index, format), z: format };
    slots[h] = Math.max(slots[h] ?? 0, floatsOf(formats.h, rows * padded(outFeatures)));
    const keepsZ = keeps && activation.kind !== 'identity';
    if (keepsZ) Object.assign(slots, preActivationSlots(index, jet, format, points * padded(outFeatures)));
    return {
      shader: forwardLayer(layer, jet, { keepsPreActivations: keeps, style, formats }),
      sizes: { points },
      bindings: {
        rows: { slot: index === 0 ? 'rows' : activationSlot(index - 1, keeps) },
        weights: region.weight.range,
        ...(hasBias && region.bias && { bias: region.bias.range }),
        ...learnedBinding(region),
        ...(keepsZ && preActivationBinding(index)),
        h: { slot: h },
      },
      groups: productGroups(outFeatures, { points, blocks, style }),
    };
  });
  return { slots, steps: [pack, ...steps] };
};

/** From the last layer's activations to the buffer `outputs`, `[blocks][points][out]` without padding. */
export const outputPart = (network: FieldJetNetwork, { points, keeps }: Pick<PassOptions, 'points' | 'keeps'>): Part => {
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
