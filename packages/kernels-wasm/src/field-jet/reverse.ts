import type { FieldJetNetwork } from '@neural-fields/core';
import { JOBS } from '../wasm/exports.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { allocate } from '../wasm/memory.ts';
import { batchSize, copyBlocks, forEachBatch, inputBlocksOf, pointsOf, threadsFor } from './batches.ts';
import { collectGradients } from './collect-gradients.ts';
import { blocksOf, inputFeaturesOf, placeNetwork, prefersAdjoint } from './layout.ts';

/**
 * The derivatives of a loss with respect to the input and the parameters. The forward pass is worked out again, tile by tile.
 *
 * @param input as in {@link fieldForward}
 * @param parameters in the order of the kernel's inputs
 * @param upstream the derivatives of the loss with respect to what {@link fieldForward} returned
 * @returns those with respect to the arrays of the input, then those with respect to the parameters
 */
export const fieldReverse = (
  kernels: Kernels,
  network: FieldJetNetwork,
  input: readonly Float32Array[],
  parameters: readonly Float32Array[],
  upstream: readonly Float32Array[],
): Float32Array[] => {
  const { arena, pool } = kernels;
  const total = pointsOf(network, input);
  const k = inputFeaturesOf(network);
  const outFeatures = network.layers.at(-1)?.outFeatures as number;
  const results: Float32Array[] = input.map(({ length }) => allocate(length));
  arena.scope(() => {
    const size = batchSize(network, total);
    const inputFloats = inputBlocksOf(network) * size * k;
    const upstreamFloats = blocksOf(network) * size * outFeatures;
    const data = {
      coords: arena.take(4 * inputFloats),
      outputs: 0,
      upstream: arena.take(4 * upstreamFloats),
      coordsGradient: arena.take(4 * inputFloats),
      loss: 0,
    };
    const placed = placeNetwork(kernels, network, parameters, { forReverse: true, points: size, data });
    forEachBatch(kernels, placed, total, size, (start, count) => {
      const part = { start, count, total, features: outFeatures };
      const inputPart = { ...part, features: k };
      copyBlocks(input, arena.floats(data.coords, inputFloats), inputPart, 'in');
      copyBlocks(upstream, arena.floats(data.upstream, upstreamFloats), part, 'in');
      pool.run(
        prefersAdjoint(network) ? JOBS.scalarGradientReverse : JOBS.fieldReverse,
        placed.job,
        threadsFor(kernels, network, count),
      );
      copyBlocks(results, arena.floats(data.coordsGradient, inputFloats), inputPart, 'out');
    });
    results.push(...collectGradients(kernels, network, placed, parameters));
  });
  return results;
};
