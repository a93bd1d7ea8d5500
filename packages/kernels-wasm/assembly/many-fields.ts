/**
 * @file Programs of many fields: the same operations, with parameters of each field's own. The work is cut into units,
 *   one tile of one field each, and a thread takes a contiguous range of them. It has its own copy of the program's
 *   memory, to which it packs the parameters of the field that it comes to, and when it leaves a field it collects that
 *   field's gradient.
 *
 * A thread whose range begins within a field keeps what belongs to this field apart, and {@link joinFields} adds it
 * afterwards, in the order of the threads: sums depend on the number of threads and on nothing else.
 */
import { addTo, SUM_BYTES } from './loss';
import { collectOwn, collectShared, packParameters } from './parameters';
import { Program } from './program';
import { workOnTile } from './tiles';

export const JOB_MANY_FIELDS: i32 = 8;

/** An address in a program's memory that is another for each field. */
// @ts-ignore: decorator
@unmanaged
export class FieldAddress {
  /** Offset of the address in the program's memory. */
  place: usize;
  /** That of the first field. */
  first: usize;
  /** Bytes from one field to the next. */
  fieldBytes: usize;
}

/** Some fields at some points each. Written by `src/program/run-many-fields.ts`. */
// @ts-ignore: decorator
@unmanaged
export class FieldsJob {
  /** One of the jobs of tiles.ts. */
  work: i32;
  /** The programs of the threads, `imageBytes` apart. */
  images: usize;
  imageBytes: usize;
  /** Offsets in a program's memory: the record of program.ts, and those of parameters.ts. */
  program: usize;
  packings: usize;
  packingCount: i32;
  collectings: usize;
  /** 0 where there is no gradient. */
  collectingCount: i32;
  /** Records of {@link FieldAddress}. */
  addresses: usize;
  addressCount: i32;
  fields: i32;
  /** Of each field. */
  points: i32;
  /** A multiple of 4. */
  tilePoints: i32;
  scratch: usize;
  /**
   * Two for each thread: that of the field that it is at and of what all fields share, and that of the field within
   * which its range began.
   */
  gradients: usize;
  /** The flat gradient. */
  flat: usize;
  /** f64 `[fields]`: the loss of each field. */
  sums: usize;
  /** One f64 for each thread, {@link SUM_BYTES} apart: the loss of the field within which its range began. */
  firstSums: usize;
}

// @ts-ignore: decorator
@inline
function tilesOf(job: FieldsJob): i32 {
  return (job.points + job.tilePoints - 1) / job.tilePoints;
}

/** The first of the units of a thread. */
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

/** The gradient of the field that a thread is at (0), or of that within which its range began (1). */
// @ts-ignore: decorator
@inline
function gradientsOf(job: FieldsJob, thread: i32, which: i32): usize {
  return job.gradients + (<usize>(2 * thread + which)) * programOf(job, thread).gradientBytes;
}

/** Prepares a thread's program for a field. */
function turnTo(job: FieldsJob, image: usize, field: i32): void {
  packParameters(image + job.packings, job.packingCount, field);
  for (let index = 0; index < job.addressCount; index++) {
    const record = changetype<FieldAddress>(job.addresses + (<usize>index) * offsetof<FieldAddress>());
    store<usize>(image + record.place, record.first + (<usize>field) * record.fieldBytes);
  }
}

/** Does one thread's share of the units. */
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
    const isCut = first > 0;
    const gradients = gradientsOf(job, thread, isCut ? 1 : 0);
    let sum = job.sums + (<usize>field) * 8;
    if (isCut) {
      memory.fill(gradients, 0, program.gradientBytes);
      sum = job.firstSums + (<usize>thread) * SUM_BYTES;
      if (job.sums != 0) store<f64>(sum, 0);
    }
    turnTo(job, image, field);
    for (let tile = first; tile < last; tile++)
      workOnTile(job.work, program, tile * job.tilePoints, scratch, gradients, sum);
    if (!isCut) collectOwn(image + job.collectings, job.collectingCount, gradients, job.flat, field);
    unit += last - first;
  }
}

/**
 * Adds what threads have kept apart, when all of them have done their shares of a job of which something is added up.
 */
export function joinFields(address: usize, threads: i32): void {
  const job = changetype<FieldsJob>(address);
  const tiles = tilesOf(job);
  const list = job.images + job.collectings;
  const count = job.collectingCount;
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

/** Adds the gradients of what all fields share, of all threads, to the flat gradient. */
export function collectFields(address: usize, threads: i32): void {
  const job = changetype<FieldsJob>(address);
  for (let thread = 0; thread < threads; thread++)
    collectShared(job.images + job.collectings, job.collectingCount, gradientsOf(job, thread, 0), job.flat);
}
