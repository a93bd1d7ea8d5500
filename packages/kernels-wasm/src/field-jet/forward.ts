import type { FieldJetNetwork } from '@neural-fields/core';
import { JOBS } from '../wasm/exports.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { allocate } from '../wasm/memory.ts';
import { batchSize, copyBlocks, forEachBatch, inputBlocksOf, pointsOf, threadsFor } from './batches.ts';
import { blocksOf, inputFeaturesOf, placeNetwork, prefersAdjoint } from './layout.ts';

/**
 * The jets of a network.
 *
 * @param input the coordinates `[n][inFeatures]`, or the jets of an encoding: value, first, second as far as the order goes
 * @param parameters in the order of the kernel's inputs
 * @returns value `[n][o]`, then first `[d][n][o]` and second `[m][n][o]` as far as the order goes
 */
export const fieldForward = (
  kernels: Kernels,
  network: FieldJetNetwork,
  input: readonly Float32Array[],
  parameters: readonly Float32Array[],
): Float32Array[] => {
  const { arena, pool } = kernels;
  const { inFeatures: d, order, forms } = network;
  const total = pointsOf(network, input);
  const k = inputFeaturesOf(network);
  const outFeatures = network.layers.at(-1)?.outFeatures as number;
  const block = total * outFeatures;
  const results = [allocate(block)];
  if (order >= 1) results.push(allocate(d * block));
  if (forms) results.push(allocate(forms.weights.length * block));
  arena.scope(() => {
    const size = batchSize(network, total);
    const inputFloats = inputBlocksOf(network) * size * k;
    const outputFloats = blocksOf(network) * size * outFeatures;
    const data = {
      coords: arena.take(4 * inputFloats),
      outputs: arena.take(4 * outputFloats),
      upstream: 0,
      coordsGradient: 0,
      loss: 0,
    };
    const placed = placeNetwork(kernels, network, parameters, { forReverse: false, points: size, data });
    forEachBatch(kernels, placed, total, size, (start, count) => {
      copyBlocks(input, arena.floats(data.coords, inputFloats), { start, count, total, features: k }, 'in');
      pool.run(
        prefersAdjoint(network) ? JOBS.scalarGradientForward : JOBS.fieldForward,
        placed.job,
        threadsFor(kernels, network, count),
      );
      copyBlocks(results, arena.floats(data.outputs, outputFloats), { start, count, total, features: outFeatures }, 'out');
    });
  });
  return results;
};
