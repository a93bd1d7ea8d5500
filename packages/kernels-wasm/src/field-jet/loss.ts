import type { FieldJetNetwork, KernelLoss, LossScale } from '@neural-fields/core';
import { JOBS } from '../wasm/exports.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { batchSize, copyBlocks, forEachBatch, inputBlocksOf, pointsOf, threadsFor } from './batches.ts';
import { collectGradients } from './collect-gradients.ts';
import { blocksOf, inputFeaturesOf, placeNetwork, prefersAdjoint } from './layout.ts';

/** The numbers by which `assembly/loss.ts` knows the penalties. */
const PENALTIES: Readonly<Record<string, number>> = { squared: 0, absolute: 1, huber: 2, charbonnier: 3 };
/** Bytes between the sums of two threads. */
const SUM_BYTES = 64;

/** @throws RangeError for a penalty that there is no code for */
const penaltyCode = ({ penalty: { kind } }: FieldLoss): number => {
  const code = PENALTIES[kind];
  if (code === undefined) throw new RangeError(`simd: no kernel for the penalty '${kind}'`);
  return code;
};

/** None of those that there is code for has two. */
const penaltyParameter = ({ penalty }: FieldLoss): number => Object.values(penalty.parameters)[0] ?? 0;

/** Some columns of the rows `start` ... `start + count - 1` of an array, one after the other. A single column may be repeated. */
const copyColumns = (
  target: Float32Array,
  source: Float32Array,
  { start, count, width, column, columns }: { start: number; count: number; width: number; column: number; columns: number },
): void => {
  if (width === columns) {
    target.set(source.subarray(start * width, (start + count) * width));
    return;
  }
  for (let i = 0; i < count; i++)
    for (let j = 0; j < columns; j++)
      target[i * columns + j] = source[(start + i) * width + (width === 1 ? 0 : column + j)] as number;
};

/** A loss of a network. */
export interface FieldLoss extends KernelLoss {
  readonly network: FieldJetNetwork;
  readonly scale: LossScale;
}

/**
 * A pointwise loss and its gradient, in one forward pass and its reverse.
 *
 * @param input as in `fieldForward`
 * @param parameters in the order of the layers
 * @param targets each `[n][k]`
 */
export const fieldLoss = (
  kernels: Kernels,
  loss: FieldLoss,
  input: readonly Float32Array[],
  parameters: readonly Float32Array[],
  targets: readonly Float32Array[],
): { readonly loss: number; readonly gradients: readonly Float32Array[] } => {
  const { arena, pool } = kernels;
  const { network, blocks, weight } = loss;
  const total = pointsOf(network, input);
  const k = inputFeaturesOf(network);
  const o = network.layers.at(-1)?.outFeatures as number;
  return arena.scope(() => {
    const size = batchSize(network, total);
    const record = arena.take(24);
    const inputFloats = inputBlocksOf(network) * size * k;
    const data = {
      coords: arena.take(4 * inputFloats),
      outputs: 0,
      upstream: arena.take(4 * blocksOf(network) * size * o),
      coordsGradient: arena.take(4 * inputFloats),
      loss: record,
    };
    const factors = arena.put(blocks.map(({ factor }) => factor));
    const weights = weight === undefined ? 0 : arena.take(4 * size * o);
    const sums = arena.take(SUM_BYTES * pool.count);
    arena.integers(sums, (SUM_BYTES / 4) * pool.count).fill(0);
    arena.integers(record, 6).set([penaltyCode(loss), 0, 0, factors, weights, sums]);
    arena.floats(record + 4, 2).set([penaltyParameter(loss), loss.scale.gradient]);
    const placed = placeNetwork(kernels, network, parameters, { forReverse: true, points: size, data });
    const copy = (address: number, index: number, column: number, start: number, count: number): void => {
      const source = targets[index] as Float32Array;
      const view = arena.floats(address, count * o);
      copyColumns(view, source, { start, count, width: source.length / total, column, columns: o });
    };
    forEachBatch(kernels, placed, total, size, (start, count) => {
      copyBlocks(input, arena.floats(data.coords, inputFloats), { start, count, total, features: k }, 'in');
      for (const [index, { target }] of blocks.entries()) {
        const address = data.upstream + 4 * index * count * o;
        if (target === undefined) arena.floats(address, count * o).fill(0);
        else copy(address, target.index, target.column, start, count);
      }
      if (weight !== undefined) copy(weights, weight, 0, start, count);
      pool.run(
        prefersAdjoint(network) ? JOBS.scalarGradientLoss : JOBS.fieldLoss,
        placed.job,
        threadsFor(kernels, network, count),
      );
    });
    const gradients = collectGradients(kernels, network, placed, parameters);
    let sum = 0;
    for (let thread = 0; thread < pool.count; thread++)
      sum += new Float64Array(arena.memory.buffer, sums + SUM_BYTES * thread, 1)[0] as number;
    return { loss: sum * loss.scale.loss, gradients };
  });
};
