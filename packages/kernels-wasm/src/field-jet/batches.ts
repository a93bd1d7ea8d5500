/** @file Points go through the kernels in batches, so that memory does not grow with their number. */
import type { FieldJetNetwork } from '@neural-fields/core';
import type { Kernels } from '../wasm/kernels.ts';
import { blocksOf, inputFeaturesOf, type PlacedNetwork, POINTS_WORD } from './layout.ts';

/** Numbers that a batch's coordinates and outputs may take: 4 MiB. */
const BATCH_NUMBERS = 2 ** 20;
const MOST_POINTS = 16_384;
const FEWEST_POINTS = 128;
/** Multiplications of a batch: some ten seconds of one thread, so that a thread that does not answer for much longer is known to have failed. */
const MOST_WORK = 2 ** 37;
/** Matrix products of a step for each layer and row of the jet. */
const PRODUCTS = 4;
/** Multiplications below which waking the other threads takes longer than the work. */
const WORTH_SHARING = 250_000;

/** Multiplications for one point in one pass through the layers. */
const multiplicationsOf = (network: FieldJetNetwork): number =>
  blocksOf(network) * network.layers.reduce((sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures, 0);

/** Blocks of a network's input: one of coordinates, or those of the jets of an encoding. */
export const inputBlocksOf = (network: FieldJetNetwork): number =>
  network.encodedFeatures === undefined ? 1 : blocksOf(network);

/** The most points in a batch. */
export const batchSize = (network: FieldJetNetwork, points: number): number => {
  const outFeatures = network.layers.at(-1)?.outFeatures ?? 1;
  const numbers = 2 * (blocksOf(network) * outFeatures + inputBlocksOf(network) * inputFeaturesOf(network));
  const most = Math.floor(Math.min(BATCH_NUMBERS / numbers, MOST_WORK / (PRODUCTS * multiplicationsOf(network)), MOST_POINTS));
  return Math.min(points, Math.max(FEWEST_POINTS, most));
};

/** On how many threads a batch is worth working. */
export const threadsFor = ({ pool }: Kernels, network: FieldJetNetwork, points: number): number =>
  points * multiplicationsOf(network) < WORTH_SHARING ? 1 : pool.count;

/** The number of points of a network's input. */
export const pointsOf = (network: FieldJetNetwork, [first]: readonly Float32Array[]): number =>
  (first as Float32Array).length / inputFeaturesOf(network);

/** Copies a part of `[blocks][points][features]` between the kernels' memory and arrays of one block or several. */
export const copyBlocks = (
  arrays: readonly Float32Array[],
  view: Float32Array,
  { start, count, total, features }: { start: number; count: number; total: number; features: number },
  direction: 'in' | 'out',
): void => {
  const length = count * features;
  let block = 0;
  for (const array of arrays)
    for (let offset = start * features; offset < array.length; offset += total * features) {
      const part = view.subarray(block * length, (block + 1) * length);
      if (direction === 'out') array.set(part, offset);
      else part.set(array.subarray(offset, offset + length));
      block += 1;
    }
};

/** Calls `work` for each batch with the job's record telling of its points. */
export const forEachBatch = (
  { arena }: Kernels,
  { job }: PlacedNetwork,
  total: number,
  size: number,
  work: (start: number, count: number) => void,
): void => {
  for (let start = 0; start < total; start += size) {
    const count = Math.min(size, total - start);
    arena.integers(job + 4 * POINTS_WORD, 1)[0] = count;
    work(start, count);
  }
};
