import type { FieldJetNetwork } from '@neural-fields/core';
import type { Kernels } from '../wasm/kernels.ts';
import { GRADIENTS_WORD, type LayerGradients, type PlacedNetwork } from './layout.ts';
import { learnedFactor } from './learned-parameters.ts';

/**
 * Adds up the gradients of all threads and takes them out of the kernels' memory.
 *
 * @param parameters in the order of the kernel's inputs
 * @returns the gradients in the same order
 */
export const collectGradients = (
  { arena, pool, wasm }: Kernels,
  { layers }: FieldJetNetwork,
  placed: PlacedNetwork,
  parameters: readonly Float32Array[],
): Float32Array[] => {
  const gradients: Float32Array[] = [];
  const sums = (arena.integers(placed.job + 4 * GRADIENTS_WORD, 1)[0] as number) >>> 0;
  wasm.addThreads(sums, placed.gradientBytes, pool.count);
  for (const [index, { inFeatures: k, outFeatures: n, hasBias, activation }] of layers.entries()) {
    const { weight, bias, learned } = placed.gradients[index] as LayerGradients;
    arena.scope(() => {
      const unpacked = arena.take(4 * k * n);
      wasm.unpackPanels(sums + weight, k, 4 * Math.ceil(k / 4), n, unpacked);
      gradients.push(arena.floats(unpacked, k * n).slice());
    });
    if (hasBias) gradients.push(arena.floats(sums + bias, n).slice());
    const sum = arena.floats(sums + learned, 1)[0] as number;
    for (const name of activation.learnable) {
      const value = parameters[gradients.length]?.[0] as number;
      gradients.push(Float32Array.of(sum * learnedFactor(activation.kind, name, value)));
    }
  }
  return gradients;
};
