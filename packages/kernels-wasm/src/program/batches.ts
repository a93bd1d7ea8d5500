/** @file Points go through the kernels in batches, so that memory does not grow with their number. */
import { blockCount, type KernelProgram, type Operation } from '@neural-fields/core/kernels';
import type { Machine } from '../machine.ts';

/** Numbers that a batch's inputs and outputs may take: 4 MiB. */
const BATCH_NUMBERS = 2 ** 20;
/** The same of a batch of many fields, each of which has its own parameters and its own tiles: 16 MiB. */
const FIELDS_NUMBERS = 2 ** 22;
const MOST_POINTS = 16_384;
const FEWEST_POINTS = 128;
/**
 * Multiplications of a batch: some ten seconds of one thread, so that a thread that does not answer for much longer is
 * known to have failed.
 */
const MOST_WORK = 2 ** 37;
/** Matrix products of a step for each layer and row of the jet. */
const PRODUCTS = 4;
/** Multiplications below which waking the other threads takes longer than the work. */
const WORTH_SHARING = 250_000;

/** What a program takes and gives at each point. */
export interface BatchShape {
  /** Numbers of each input at each point, and of the outputs. */
  readonly inputNumbers: readonly number[];
  readonly outputNumbers: number;
  /** Multiplications in one pass through the operations. */
  readonly multiplications: number;
}

/** Multiplications of one row of an operation. */
const multiplicationsOf = (operation: Operation): number => {
  switch (operation.kind) {
    case 'linear':
      return (operation.weight.shape[0] as number) * operation.outFeatures;
    case 'elementwise':
      return 16 * operation.outFeatures;
    case 'grid':
      return 32 * operation.outFeatures;
    default:
      return operation.outFeatures;
  }
};

export const batchShapeOf = ({ inputs, operations, outFeatures, shape }: KernelProgram): BatchShape => {
  const blocks = blockCount(shape);
  return {
    inputNumbers: inputs.map(({ features, kind }) => (kind === 'jet' ? blocks : 1) * features),
    outputNumbers: blocks * outFeatures,
    multiplications: blocks * operations.reduce((sum, operation) => sum + multiplicationsOf(operation), 0),
  };
};

/** The most points in a batch. */
export const batchSize = ({ inputNumbers, outputNumbers, multiplications }: BatchShape, points: number): number => {
  const numbers = 2 * inputNumbers.reduce((sum, count) => sum + count, outputNumbers);
  const most = Math.floor(Math.min(BATCH_NUMBERS / numbers, MOST_WORK / (PRODUCTS * multiplications), MOST_POINTS));
  return Math.min(points, Math.max(FEWEST_POINTS, most));
};

/**
 * How many fields go through the kernels together; less than 1 where one of them takes several batches.
 *
 * @param size `points` of each field, with `numbers` of each point
 */
export const fieldsTogether = (
  { multiplications }: BatchShape,
  { points, numbers }: { readonly points: number; readonly numbers: number },
): number => Math.floor(Math.min(FIELDS_NUMBERS / numbers, MOST_WORK / (PRODUCTS * multiplications)) / points);

/** Points of each tile, such that tiles are about as full as each other. */
export const evenTile = (points: number, most: number): number => {
  const tiles = Math.ceil(points / most);
  return 4 * Math.ceil(points / tiles / 4);
};

/** On how many threads a batch is worth working. */
export const threadsFor = ({ pool }: Machine, { multiplications }: BatchShape, points: number): number =>
  points * multiplications < WORTH_SHARING ? 1 : pool.count;
