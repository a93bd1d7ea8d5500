/**
 * @file The sizes of batches of points: the kernels run batch by batch, so that memory does not grow with the points.
 */
import { blockCount, type KernelProgram, type Operation } from '@neural-fields/core/kernels';
import type { Machine } from '../machine.ts';

/** Floats of a batch's inputs and outputs: 4 MiB. */
const MAX_BATCH_FLOATS = 2 ** 20;
/** The same for a batch of many fields, each with its own parameters and tiles: 16 MiB. */
const MAX_FIELDS_BATCH_FLOATS = 2 ** 22;
const MAX_BATCH_POINTS = 16_384;
const MIN_BATCH_POINTS = 128;
/** Multiplications of a batch: about ten seconds on one thread, well below the timeout of a job. */
const MAX_BATCH_MULTIPLICATIONS = 2 ** 37;
/** Matrix products of a step, for each layer and row of the jet. */
const PRODUCTS_PER_STEP = 4;
/** Below this number of multiplications, waking the other threads takes longer than the work. */
const MIN_PARALLEL_MULTIPLICATIONS = 250_000;

/** The sizes of a program's data and work at each point. */
export interface BatchShape {
  /** Floats per point of each input, and of the outputs. */
  readonly inputFloats: readonly number[];
  readonly outputFloats: number;
  /** Floats per point that a batch keeps in addition: the tapes of tables. */
  readonly tapeFloats: number;
  /** Multiplications of one pass through the operations. */
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

export const batchShapeOf = ({ inputs, operations, outFeatures, shape }: KernelProgram, tapeFloats = 0): BatchShape => {
  const blocks = blockCount(shape);
  return {
    inputFloats: inputs.map(({ features, kind }) => (kind === 'jet' ? blocks : 1) * features),
    outputFloats: blocks * outFeatures,
    tapeFloats,
    multiplications: blocks * operations.reduce((sum, operation) => sum + multiplicationsOf(operation), 0),
  };
};

/** The maximum number of points in a batch. */
export const batchSize = (
  { inputFloats, outputFloats, tapeFloats, multiplications }: BatchShape,
  points: number,
): number => {
  const floatsPerPoint = tapeFloats + 2 * inputFloats.reduce((sum, count) => sum + count, outputFloats);
  const most = Math.floor(
    Math.min(
      MAX_BATCH_FLOATS / floatsPerPoint,
      MAX_BATCH_MULTIPLICATIONS / (PRODUCTS_PER_STEP * multiplications),
      MAX_BATCH_POINTS,
    ),
  );
  return Math.min(points, Math.max(MIN_BATCH_POINTS, most));
};

/**
 * How many fields fit in a batch; less than 1 where one field takes several batches.
 *
 * @param size `points` of each field, with `floatsPerPoint` floats each point
 */
export const fieldsPerBatch = (
  { multiplications }: BatchShape,
  { points, floatsPerPoint }: { readonly points: number; readonly floatsPerPoint: number },
): number =>
  Math.floor(
    Math.min(
      MAX_FIELDS_BATCH_FLOATS / floatsPerPoint,
      MAX_BATCH_MULTIPLICATIONS / (PRODUCTS_PER_STEP * multiplications),
    ) / points,
  );

/** The number of points per tile, at most `most`, for which all tiles are about equally full. */
export const evenTile = (points: number, most: number, { layout }: Pick<Machine, 'layout'>): number => {
  const tiles = Math.ceil(points / most);
  const multiple = tiles === 1 ? 4 : Math.min(most, layout.tilePointsMultiple ?? 4);
  return multiple * Math.ceil(points / tiles / multiple);
};

/** The number of threads to use for a batch. */
export const threadsFor = ({ pool }: Machine, { multiplications }: BatchShape, points: number): number =>
  points * multiplications < MIN_PARALLEL_MULTIPLICATIONS ? 1 : pool.count;
