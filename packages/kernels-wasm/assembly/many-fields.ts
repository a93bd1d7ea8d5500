/**
 * @file Runs a program for many fields: the same operations, with different parameters for each field. The work is
 *   divided into units, one tile of one field each, and a thread takes a contiguous range of them. It has its own copy
 *   of the program image. When it enters a field it packs the field's parameters there, and when it leaves the field it
 *   collects the gradient.
 *
 * A thread whose range begins inside a field accumulates the results of that field separately, and {@link joinFields}
 * adds them afterwards, in the order of the threads: sums depend only on the number of threads.
 */
import { addTo, SUM_BYTES } from './loss';
import { collectOwn, collectShared, packParameters } from './parameters';
import { Program } from './program';
import { runTile } from './tiles';

export const JOB_MANY_FIELDS: i32 = 8;

/** An address in a program image that depends on the field. */
// @ts-ignore: decorator
@unmanaged
export class FieldAddress {
  /** Offset of the address in the program image. */
  offset: usize;
  /** Its value for the first field. */
  first: usize;
  /** Bytes from one field to the next. */
  fieldBytes: usize;
}

/** A batch of fields, each at the same number of points. Written by `src/program/run-many-fields.ts`. */
// @ts-ignore: decorator
@unmanaged
export class FieldsJob {
  /** One of the jobs of tiles.ts. */
  tileJob: i32;
  /** The program images of the threads, `imageBytes` apart. */
  images: usize;
  imageBytes: usize;
  /** Offsets in a program image: the record of program.ts, and those of parameters.ts. */
  program: usize;
  packings: usize;
  packingCount: i32;
  collections: usize;
  /** 0 where there is no gradient. */
  collectionCount: i32;
  /** Records of {@link FieldAddress}. */
  addresses: usize;
  addressCount: i32;
  fields: i32;
  /** Points of each field. */
  points: i32;
  /** A multiple of 4. */
  tilePoints: i32;
  scratch: usize;
  /**
   * Two gradients for each thread: one for its current field and the shared parameters, and one for the field inside
   * which its range begins.
   */
  gradients: usize;
  /** The flat gradient. */
  flat: usize;
  /** f64 `[fields]`: the loss of each field. */
  sums: usize;
  /**
   * One f64 for each thread, {@link SUM_BYTES} apart: its part of the loss of the field inside which its range begins.
   */
  firstSums: usize;
}

// @ts-ignore: decorator
@inline
function tilesOf(job: FieldsJob): i32 {
  return (job.points + job.tilePoints - 1) / job.tilePoints;
}

/** The first unit of a thread. */
// @ts-ignore: decorator
@inline
function firstUnit(job: FieldsJob, thread: i32, threads: i32): i32 {
  return <i32>((<i64>(job.fields * tilesOf(job)) * thread) / threads);
}

// @ts-ignore: decorator
@inline
function programOf(job: FieldsJob, thread: i32): Program {
  return changetype<Program>(job.images + (<usize>thread) * job.imageBytes + job.program);
}

/** A thread's gradient of its current field (0), or of the field inside which its range begins (1). */
// @ts-ignore: decorator
@inline
function gradientsOf(job: FieldsJob, thread: i32, which: i32): usize {
  return job.gradients + (<usize>(2 * thread + which)) * programOf(job, thread).gradientBytes;
}

/** Prepares a thread's program image for a field. */
function selectField(job: FieldsJob, image: usize, field: i32): void {
  packParameters(image + job.packings, job.packingCount, field);
  for (let index = 0; index < job.addressCount; index++) {
    const record = changetype<FieldAddress>(job.addresses + (<usize>index) * offsetof<FieldAddress>());
    store<usize>(image + record.offset, record.first + (<usize>field) * record.fieldBytes);
  }
}

/** Processes one thread's share of the units. */
export function manyFields(job: FieldsJob, thread: i32, threads: i32): void {
  const tiles = tilesOf(job);
  const end = firstUnit(job, thread + 1, threads);
  const image = job.images + (<usize>thread) * job.imageBytes;
  const program = programOf(job, thread);
  program.points = job.points;
  program.blockPoints = job.fields * job.points;
  program.tilePoints = job.tilePoints;
  const scratch = job.scratch + (<usize>thread) * program.scratchBytes;
  for (let unit = firstUnit(job, thread, threads); unit < end; ) {
    const field = unit / tiles;
    const first = unit - field * tiles;
    const last = min(tiles, first + end - unit);
    const startsInside = first > 0;
    const gradients = gradientsOf(job, thread, startsInside ? 1 : 0);
    let sum = job.sums + (<usize>field) * 8;
    if (startsInside) {
      memory.fill(gradients, 0, program.gradientBytes);
      sum = job.firstSums + (<usize>thread) * SUM_BYTES;
      if (job.sums != 0) store<f64>(sum, 0);
    }
    selectField(job, image, field);
    for (let tile = first; tile < last; tile++)
      runTile(job.tileJob, program, tile * job.tilePoints, scratch, gradients, sum);
    if (!startsInside) collectOwn(image + job.collections, job.collectionCount, gradients, job.flat, field);
    unit += last - first;
  }
}

/**
 * Adds what the threads accumulated separately, after all of them have finished a job that has a gradient or a loss.
 */
export function joinFields(address: usize, threads: i32): void {
  const job = changetype<FieldsJob>(address);
  const tiles = tilesOf(job);
  const list = job.images + job.collections;
  const count = job.collectionCount;
  for (let thread = 1; thread < threads; thread++) {
    const unit = firstUnit(job, thread, threads);
    const field = unit / tiles;
    if (unit == field * tiles || unit == firstUnit(job, thread + 1, threads)) continue;
    const gradients = gradientsOf(job, thread, 1);
    collectShared(list, count, gradients, job.flat);
    collectOwn(list, count, gradients, job.flat, field);
    if (job.sums != 0) addTo(job.sums + (<usize>field) * 8, load<f64>(job.firstSums + (<usize>thread) * SUM_BYTES));
  }
}

/** Adds all threads' gradients of the shared parameters to the flat gradient. */
export function collectFields(address: usize, threads: i32): void {
  const job = changetype<FieldsJob>(address);
  for (let thread = 0; thread < threads; thread++)
    collectShared(job.images + job.collections, job.collectionCount, gradientsOf(job, thread, 0), job.flat);
}
