/**
 * @file Steps of placed programs for many fields: batches of fields, or of the points of one field; a job runs for
 * each.
 */
import type { LossScale } from '@neural-fields/core/kernels';
import { constants } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import { allocate } from '../wasm/memory.ts';
import { recordBytes, writeRecord } from '../wasm/write-record.ts';
import { type BatchShape, batchShapeOf, batchSize, evenTile, fieldsTogether, threadsFor } from './batches.ts';
import { copyBlocks } from './copies.ts';
import { copyOwnIn, copyOwnOut, copySharedIn, copySharedOut, type FieldGroup } from './field-group.ts';
import { wordOf } from './image.ts';
import type { PlacedProgram } from './place-program.ts';
import type { Purpose } from './places.ts';
import { JOBS } from './run-placed.ts';

const FLOAT = 4;
const DOUBLE = 8;
const CACHE_LINE = 64;

/** Numbers of each field's own points `[b][n][k]`, or of points that all fields share, `[n][k]`. */
export interface FieldNumbers {
  readonly values: Float32Array;
  readonly isShared: boolean;
}

/** Numbers of all points that go through the kernels batch by batch. */
interface Stream {
  readonly direction: 'in' | 'out' | 'within';
  /** Arrays of one block or several, `[blocks][b n][features]`; none for room that only the kernels use. */
  readonly arrays: readonly Float32Array[];
  readonly features: number;
  /** Of each point: those of all blocks. */
  readonly numbers: number;
  /** Whether all fields have the same: `[n][features]`. */
  readonly isShared: boolean;
  /** Offset in the program's memory of the address where the kernels look for it. */
  readonly place: number;
}

/** A batch: some whole fields, or some points of one. */
interface FieldBatch {
  readonly firstField: number;
  readonly fields: number;
  readonly firstPoint: number;
  /** Of each field. */
  readonly points: number;
}

/** Everything that the steps of a program for many fields need of it. */
export class FieldsRunner {
  readonly #machine: Machine;
  readonly #placed: PlacedProgram;
  readonly #group: FieldGroup;
  readonly #shape: BatchShape;

  /** @param placed the group's program */
  constructor(machine: Machine, placed: PlacedProgram, group: FieldGroup) {
    this.#machine = machine;
    this.#placed = placed;
    this.#group = group;
    this.#shape = batchShapeOf(placed.program);
  }

  /** Where a field of a record of the program stands. */
  #place(field: 'outputs' | 'upstream'): number {
    return this.#placed.job + FLOAT * wordOf('Program', field);
  }

  #coords({ values, isShared }: FieldNumbers): Stream {
    const { inFeatures } = this.#placed.program.shape;
    const place = this.#placed.inputs + FLOAT * wordOf('Input', 'source');
    return { direction: 'in', arrays: [values], features: inFeatures, numbers: inFeatures, isShared, place };
  }

  #jet(direction: Stream['direction'], arrays: readonly Float32Array[], field: 'outputs' | 'upstream'): Stream {
    const features = this.#placed.program.outFeatures;
    return {
      direction,
      arrays,
      features,
      numbers: this.#shape.outputNumbers,
      isShared: false,
      place: this.#place(field),
    };
  }

  /**
   * @param points n, those of each field
   * @returns value `[b n][o]`, then first `[d][b n][o]` and second `[m][b n][o]` as far as the order goes
   */
  forward(coords: FieldNumbers, parameters: Float32Array, points: number): Float32Array[] {
    const { shape, outFeatures } = this.#placed.program;
    const block = this.#group.fields * points * outFeatures;
    const results = [allocate(block)];
    if (shape.order >= 1) results.push(allocate(shape.inFeatures * block));
    if (shape.forms) results.push(allocate(shape.forms.weights.length * block));
    const streams = [this.#coords(coords), this.#jet('out', results, 'outputs')];
    this.#run('forward', streams, parameters, { points });
    return results;
  }

  /** @returns the derivatives with respect to the coordinates `[b n][d]`, then those with respect to the parameters */
  reverse(
    coords: Float32Array,
    parameters: Float32Array,
    upstream: readonly Float32Array[],
    points: number,
  ): [coords: Float32Array, parameters: Float32Array] {
    const result = allocate(coords.length);
    const place = this.#placed.inputs + FLOAT * wordOf('Input', 'sourceGradient');
    const given = this.#coords({ values: coords, isShared: false });
    const streams = [
      given,
      this.#jet('in', upstream, 'upstream'),
      { ...given, direction: 'out' as const, arrays: [result], place },
    ];
    const gradient = allocate(parameters.length);
    this.#run('reverse', streams, parameters, { points, gradient });
    return [result, gradient];
  }

  /** @returns the loss of each field, and the derivatives of their sum with respect to the parameters */
  loss({
    coords,
    parameters,
    targets,
    scale,
    points,
  }: {
    readonly coords: FieldNumbers;
    readonly parameters: Float32Array;
    readonly targets: readonly FieldNumbers[];
    readonly scale: LossScale;
    readonly points: number;
  }): { readonly losses: Float32Array; readonly gradient: Float32Array } {
    const { targets: used, usesAdjoint } = this.#placed;
    const streams = [
      this.#coords(coords),
      ...(usesAdjoint ? [this.#jet('within', [], 'upstream')] : []),
      ...used.map(({ index, width, source }): Stream => {
        const { values, isShared } = targets[index] as FieldNumbers;
        return { direction: 'in', arrays: [values], features: width, numbers: width, isShared, place: source };
      }),
    ];
    const losses = allocate(this.#group.fields);
    const gradient = allocate(parameters.length);
    this.#run('loss', streams, parameters, { points, gradient, losses, scale });
    return { losses, gradient };
  }

  /** How many fields, and how many points of each, are in a batch. */
  #batchOf(streams: readonly Stream[], points: number): { readonly fields: number; readonly points: number } {
    const numbers = streams.reduce((sum, stream) => sum + stream.numbers, 0);
    const together = fieldsTogether(this.#shape, { points, numbers });
    if (together < 1) return { fields: 1, points: batchSize(this.#shape, points) };
    return { fields: Math.min(this.#group.size, together), points };
  }

  /** Runs a job for each batch, and puts together what comes of them. */
  #run(
    purpose: Purpose,
    streams: readonly Stream[],
    parameters: Float32Array,
    {
      points,
      gradient,
      losses,
      scale,
    }: {
      readonly points: number;
      readonly gradient?: Float32Array;
      readonly losses?: Float32Array;
      readonly scale?: LossScale;
    },
  ): void {
    const { arena, functions, pool } = this.#machine;
    const group = this.#group;
    const { scratchBytes, gradientBytes, packings, collectings, job: program, usesAdjoint, tilePoints } = this.#placed;
    const batch = this.#batchOf(streams, points);
    arena.scope(() => {
      const parameterAddress = arena.take(FLOAT * group.numbers);
      const images = this.#takeImages(parameterAddress, scale);
      const flat = gradient ? arena.take(FLOAT * group.numbers) : 0;
      const gradients = arena.take(2 * gradientBytes * pool.count);
      const sums = losses ? arena.take(DOUBLE * batch.fields) : 0;
      const firstSums = losses ? arena.take(constants.SUM_BYTES * pool.count) : 0;
      const room = streams.map(({ numbers, isShared }) =>
        arena.take(FLOAT * numbers * batch.points * (isShared ? 1 : batch.fields)),
      );
      const scratch = arena.take(scratchBytes * pool.count);
      const addresses = arena.take(recordBytes('FieldAddress') * streams.length);
      const job = arena.take(recordBytes('FieldsJob'));
      const common = {
        work: JOBS[purpose][usesAdjoint ? 1 : 0],
        images,
        imageBytes: this.#imageBytes,
        program,
        packings: packings.offset,
        packingCount: packings.count,
        collectings: collectings.offset,
        collectingCount: gradient ? collectings.count : 0,
        addresses,
        addressCount: streams.length,
        scratch,
        gradients,
        flat,
        sums,
        firstSums,
      };
      const runBatch = (one: FieldBatch): void => {
        for (const [index, stream] of streams.entries()) {
          const first = room[index] as number;
          const { place, features, isShared, direction } = stream;
          const fieldBytes = isShared ? 0 : FLOAT * one.points * features;
          writeRecord(arena, 'FieldAddress', addresses + index * recordBytes('FieldAddress'), {
            place,
            first,
            fieldBytes,
          });
          if (direction === 'in') this.#copy(stream, first, one, points);
        }
        const tile = evenTile(one.points, tilePoints);
        writeRecord(arena, 'FieldsJob', job, { ...common, fields: one.fields, points: one.points, tilePoints: tile });
        const threads = threadsFor(this.#machine, this.#shape, one.fields * one.points);
        pool.run(constants.JOB_MANY_FIELDS, job, threads);
        if (gradient) functions.joinFields(job, threads);
        for (const [index, stream] of streams.entries())
          if (stream.direction === 'out') this.#copy(stream, room[index] as number, one, points);
      };

      functions.clear(gradients, 2 * gradientBytes * pool.count);
      if (flat) functions.clear(flat, FLOAT * group.sharedNumbers);
      copySharedIn(group, parameters, arena.floats(parameterAddress, group.numbers));
      for (let firstField = 0; firstField < group.fields; firstField += batch.fields) {
        const fields = Math.min(batch.fields, group.fields - firstField);
        copyOwnIn(group, parameters, arena.floats(parameterAddress, group.numbers), firstField, fields);
        if (flat) functions.clear(flat + FLOAT * group.sharedNumbers, FLOAT * (group.numbers - group.sharedNumbers));
        if (sums) functions.clear(sums, DOUBLE * fields);
        for (let firstPoint = 0; firstPoint < points; firstPoint += batch.points)
          runBatch({ firstField, fields, firstPoint, points: Math.min(batch.points, points - firstPoint) });
        if (gradient) copyOwnOut(group, gradient, arena.floats(flat, group.numbers), firstField, fields);
        if (losses && scale) {
          const all = new Float64Array(arena.memory.buffer, sums, fields);
          for (let field = 0; field < fields; field++) losses[firstField + field] = (all[field] as number) * scale.loss;
        }
      }
      if (!gradient) return;
      functions.collectFields(job, pool.count);
      copySharedOut(group, gradient, arena.floats(flat, group.numbers));
    });
  }

  /** Bytes from the program's memory of one thread to that of the next. */
  get #imageBytes(): number {
    return CACHE_LINE * Math.ceil(this.#placed.memory.parameters / CACHE_LINE);
  }

  /** The program's memory for each thread. @returns the address of the first */
  #takeImages(parameters: number, scale: LossScale | undefined): number {
    const { arena, pool } = this.#machine;
    const { memory, loss } = this.#placed;
    const images = arena.take(this.#imageBytes * pool.count);
    for (let thread = 0; thread < pool.count; thread++) {
      const base = images + thread * this.#imageBytes;
      const words = memory.at(base, parameters);
      arena.integers(base, words.length).set(words);
      if (scale) arena.floats(base + loss + FLOAT * wordOf('Loss', 'gradientScale'), 1)[0] = scale.gradient;
    }
    return images;
  }

  /** Copies a batch of a stream. */
  #copy({ direction, arrays, features, numbers, isShared }: Stream, address: number, one: FieldBatch, n: number): void {
    const count = isShared ? one.points : one.fields * one.points;
    const start = isShared ? one.firstPoint : one.firstField * n + one.firstPoint;
    const total = isShared ? n : this.#group.fields * n;
    const view = this.#machine.arena.floats(address, count * numbers);
    copyBlocks(arrays, view, { start, count, total }, features, direction === 'out' ? 'out' : 'in');
  }
}
