/** @file Points go through the kernels in batches, so that memory does not grow with their number. */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core';
import { isKnownActivation } from '../wgsl/activations.ts';
import { blockCount, jetShapeOf } from '../wgsl/jet-rule.ts';
import { MOST_BLOCKS } from '../wgsl/product-code.ts';

/** What the activations of a batch may take in all: enough rows for thousands of workgroups. */
const BATCH_BYTES = 2 ** 28;
const MOST_POINTS = 32_768;
const FLOAT_BYTES = 4;

/** Whether the fused kernel takes a network. */
export const supportsNetwork = (network: FieldJetNetwork): boolean =>
  blockCount(jetShapeOf(network)) <= MOST_BLOCKS && network.layers.every(({ activation: { kind } }) => isKnownActivation(kind));

/** Rows begin at multiples of four numbers. */
export const padded = (features: number): number => 4 * Math.ceil(features / 4);

/** Numbers in a row of a network's input. */
export const inputFeaturesOf = ({ inFeatures, encodedFeatures }: FieldJetNetwork): number => encodedFeatures ?? inFeatures;

/** Blocks of a network's input: one of coordinates, or those of the jets of an encoding. */
export const inputBlocksOf = (network: FieldJetNetwork): number =>
  network.encodedFeatures === undefined ? 1 : blockCount(jetShapeOf(network));

/** Numbers in a row of a network's output. */
export const outFeaturesOf = ({ layers }: FieldJetNetwork): number => (layers.at(-1) as FieldJetLayer).outFeatures;

/** The most points in a batch on a device with these limits; at least one. */
export const batchSize = (
  network: FieldJetNetwork,
  { maxStorageBufferBindingSize, maxBufferSize }: GPUSupportedLimits,
): number => {
  const blocks = blockCount(jetShapeOf(network));
  const widths = [inputFeaturesOf(network), ...network.layers.map(({ outFeatures }) => outFeatures)].map(padded);
  const widest = Math.max(...widths);
  // Pre-activations and activations of every layer, and two buffers for what comes back.
  const numbers = blocks * (2 * widths.reduce((sum, width) => sum + width, 0) + 2 * widest);
  const binding = Math.min(maxStorageBufferBindingSize, maxBufferSize) - 32;
  const most = Math.min(BATCH_BYTES / (FLOAT_BYTES * numbers), binding / (FLOAT_BYTES * blocks * widest), MOST_POINTS);
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

/** The batches of so many points, none larger than `size`. */
export const batchesOf = (total: number, size: number): Batch[] =>
  Array.from({ length: Math.ceil(total / size) }, (_, index) => ({
    start: index * size,
    count: Math.min(size, total - index * size),
    total,
  }));
