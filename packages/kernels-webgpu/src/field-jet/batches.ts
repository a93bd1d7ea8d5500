/** @file Points go through the kernels in batches, so that memory does not grow with their number. */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core/kernels';
import { isKnownActivation } from '../wgsl/activations.ts';
import type { JetFormat } from '../wgsl/jet-format.ts';
import { blockCount, jetShapeOf } from '../wgsl/jet-rule.ts';
import { MOST_BLOCKS } from '../wgsl/product-code.ts';

/** Workgroups of two points, the smallest that go through workgroup memory, then stay within what a dispatch may have in one dimension. */
const MOST_POINTS = 65_536;
/** Batches are multiples of this, the most points that a workgroup has: then only the last workgroup of all has too few. */
const WHOLE_POINTS = 128;
const FLOAT_BYTES = 4;

/** Whether the fused kernel takes a network. */
export const supportsNetwork = (network: FieldJetNetwork): boolean =>
  blockCount(jetShapeOf(network)) <= MOST_BLOCKS && network.layers.every(({ activation }) => isKnownActivation(activation));

/** Rows begin at multiples of four numbers. */
export const padded = (features: number): number => 4 * Math.ceil(features / 4);

/** Numbers in a row of a network's input. */
export const inputFeaturesOf = ({ inFeatures, encodedFeatures }: FieldJetNetwork): number => encodedFeatures ?? inFeatures;

/** Blocks of a network's input: one of coordinates, or those of the jets of an encoding. */
export const inputBlocksOf = (network: FieldJetNetwork): number =>
  network.encodedFeatures === undefined ? 1 : blockCount(jetShapeOf(network));

/** Numbers in a row of a network's output. */
export const outFeaturesOf = ({ layers }: FieldJetNetwork): number => (layers.at(-1) as FieldJetLayer).outFeatures;

/** The most points in a batch whose activations take at most `batchBytes`, on a device with these limits; at least one. */
export const batchSize = (
  network: FieldJetNetwork,
  { maxStorageBufferBindingSize, maxBufferSize }: GPUSupportedLimits,
  { batchBytes, format }: { readonly batchBytes: number; readonly format: JetFormat },
): number => {
  const blocks = blockCount(jetShapeOf(network));
  const widths = [inputFeaturesOf(network), ...network.layers.map(({ outFeatures }) => outFeatures)].map(padded);
  const widest = Math.max(...widths);
  // Pre-activations and activations of every layer, and two buffers for what comes back.
  const all = blocks * (2 * widths.reduce((sum, width) => sum + width, 0) + 2 * widest);
  // Of these float16 has the activations of all layers but the last, and the derivatives of their pre-activations.
  const halved = (2 * blocks - 1) * widths.slice(1, -1).reduce((sum, width) => sum + width, 0);
  const numbers = format.half ? all - halved / 2 : all;
  const binding = Math.min(maxStorageBufferBindingSize, maxBufferSize) - 32;
  const most = Math.min(batchBytes / (FLOAT_BYTES * numbers), binding / (FLOAT_BYTES * blocks * widest), MOST_POINTS);
  return Math.max(1, Math.floor(most));
};

/** Multiplications of one pass through the layers. */
export const multiplicationsOf = (network: FieldJetNetwork, points: number): number =>
  points *
  blockCount(jetShapeOf(network)) *
  network.layers.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);

/** A part of the points. */
export interface Batch {
  readonly start: number;
  readonly count: number;
  /** All points. */
  readonly total: number;
}

/** The batches of so many points: as few as there can be when none is larger than `size`, and as equal as whole workgroups let them be. */
export const batchesOf = (total: number, size: number): Batch[] => {
  if (total === 0) return [];
  const even = Math.ceil(total / Math.ceil(total / size));
  const most = Math.min(size, WHOLE_POINTS * Math.ceil(even / WHOLE_POINTS));
  return Array.from({ length: Math.ceil(total / most) }, (_, index) => ({
    start: index * most,
    count: Math.min(most, total - index * most),
    total,
  }));
};
