import type { FieldJetNetwork } from '@neural-fields/core';
import { JOBS } from '../wasm/exports.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { batchSize, copyBlocks, forEachBatch, threadsFor } from './batches.ts';
import { blocksOf, GRADIENTS_WORD, type LayerGradients, placeNetwork, prefersAdjoint } from './layout.ts';
import { learnedFactor } from './learned-parameters.ts';

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
  const { arena, pool, wasm } = kernels;
  const { inFeatures: d, layers } = network;
  const total = coords.length / d;
  const outFeatures = layers.at(-1)?.outFeatures as number;
  const coordsGradient = new Float32Array(total * d);
  const results = [coordsGradient];
  arena.scope(() => {
    const size = batchSize(network, total);
    const upstreamFloats = blocksOf(network) * size * outFeatures;
    const data = {
      coords: arena.take(4 * size * d),
      outputs: 0,
      upstream: arena.take(4 * upstreamFloats),
      coordsGradient: arena.take(4 * size * d),
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
    const sums = arena.integers(placed.job + 4 * GRADIENTS_WORD, 1)[0] as number;
    wasm.addThreads(sums, placed.gradientBytes, pool.count);
    for (const [index, { inFeatures: k, outFeatures: n, hasBias, activation }] of layers.entries()) {
      const { weight, bias, learned } = placed.gradients[index] as LayerGradients;
      arena.scope(() => {
        const unpacked = arena.take(4 * k * n);
        wasm.unpackPanels(sums + weight, k, 4 * Math.ceil(k / 4), n, unpacked);
        results.push(arena.floats(unpacked, k * n).slice());
      });
      if (hasBias) results.push(arena.floats((sums >>> 0) + bias, n).slice());
      const sum = arena.floats((sums >>> 0) + learned, 1)[0] as number;
      for (const name of activation.learnable) {
        // Results stand in the order of the inputs, so this is the parameter's own value.
        const value = parameters[results.length - 1]?.[0] as number;
        results.push(Float32Array.of(sum * learnedFactor(activation.kind, name, value)));
      }
    }
  });
  return results;
};
