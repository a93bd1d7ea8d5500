import type { FieldJetNetwork } from '@neural-fields/core';
import { JOBS } from '../wasm/exports.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { batchSize, copyBlocks, forEachBatch, threadsFor } from './batches.ts';
import { collectGradients } from './collect-gradients.ts';
import { blocksOf, placeNetwork, prefersAdjoint } from './layout.ts';

/**
 * The derivatives of a loss with respect to the coordinates and the parameters. The forward pass is worked out again, tile by tile.
 *
 * @param coords `[n][inFeatures]`
 * @param parameters in the order of the kernel's inputs
 * @param upstream the derivatives of the loss with respect to what {@link fieldForward} returned
 * @returns those with respect to the coordinates, then those with respect to the parameters
 */
export const fieldReverse = (
  kernels: Kernels,
  network: FieldJetNetwork,
  coords: Float32Array,
  parameters: readonly Float32Array[],
  upstream: readonly Float32Array[],
): Float32Array[] => {
  const { arena, pool } = kernels;
  const { inFeatures: d, layers } = network;
  const total = coords.length / d;
  const outFeatures = layers.at(-1)?.outFeatures as number;
  const coordsGradient = new Float32Array(total * d);
  const results: Float32Array[] = [coordsGradient];
  arena.scope(() => {
    const size = batchSize(network, total);
    const upstreamFloats = blocksOf(network) * size * outFeatures;
    const data = {
      coords: arena.take(4 * size * d),
      outputs: 0,
      upstream: arena.take(4 * upstreamFloats),
      coordsGradient: arena.take(4 * size * d),
      loss: 0,
    };
    const placed = placeNetwork(kernels, network, parameters, { forReverse: true, points: size, data });
    forEachBatch(kernels, placed, total, size, (start, count) => {
      arena.floats(data.coords, count * d).set(coords.subarray(start * d, (start + count) * d));
      copyBlocks(upstream, arena.floats(data.upstream, upstreamFloats), { start, count, total, outFeatures }, 'in');
      pool.run(
        prefersAdjoint(network) ? JOBS.scalarGradientReverse : JOBS.fieldReverse,
        placed.job,
        threadsFor(kernels, network, count),
      );
      coordsGradient.set(arena.floats(data.coordsGradient, count * d), start * d);
    });
    results.push(...collectGradients(kernels, network, placed, parameters));
  });
  return results;
};
