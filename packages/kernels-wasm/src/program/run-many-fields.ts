/**
 * @file Runs encoded programs for many fields: one job for each batch, which has several fields or a part of the points
 *   of one field.
 */
import type { LossScale } from '@neural-fields/core/kernels';
import { constants } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import { allocate } from '../wasm/memory.ts';
import { recordBytes, writeRecord } from '../wasm/write-record.ts';
import { type BatchShape, batchShapeOf, batchSize, evenTile, fieldsPerBatch, threadsFor } from './batches.ts';
import { copyBlocks } from './copies.ts';
import type { EncodedProgram } from './encode-program.ts';
import { copyOwnIn, copyOwnOut, copySharedIn, copySharedOut, type FieldGroup } from './field-group.ts';
import { wordOf } from './image.ts';
import { JOBS } from './run-program.ts';
import type { Purpose } from './scratch-layout.ts';

const FLOAT = 4;
const DOUBLE = 8;
const CACHE_LINE = 64;

/** Values at each field's own points `[b][n][k]`, or at points that all fields share, `[n][k]`. */
export interface FieldValues {
  readonly values: Float32Array;
  readonly isShared: boolean;
}

/** An array over all points that is copied to or from the kernels' memory batch by batch. */
interface Stream {
  readonly direction: 'in' | 'out' | 'within';
  /** Arrays of one block or several, `[blocks][b n][features]`; empty for scratch that only the kernels use. */
  readonly arrays: readonly Float32Array[];
  readonly features: number;
  /** Over all blocks. */
  readonly floatsPerPoint: number;
  /** Whether all fields share the values: `[n][features]`. */
  readonly isShared: boolean;
  /** Offset in the program image of the address from which the kernels read or write the data. */
  readonly addressOffset: number;
}

/** A batch: several whole fields, or some points of one. */
interface FieldBatch {
  readonly firstField: number;
  readonly fields: number;
  readonly firstPoint: number;
  /** Points of each field. */
  readonly points: number;
}

/** Runs a program for many fields. */
export class FieldsRunner {
  readonly #machine: Machine;
  readonly #encoded: EncodedProgram;
  readonly #group: FieldGroup;
  readonly #shape: BatchShape;

  /** @param encoded the encoding of the group's program */
  constructor(machine: Machine, encoded: EncodedProgram, group: FieldGroup) {
    this.#machine = machine;
    this.#encoded = encoded;
    this.#group = group;
    this.#shape = batchShapeOf(encoded.program);
  }

  /** Offset of an address of the job's record in the program image. */
  #addressOffset(field: 'outputs' | 'upstream'): number {
    return this.#encoded.job + FLOAT * wordOf('Program', field);
  }

  #coords({ values, isShared }: FieldValues): Stream {
    const { inFeatures } = this.#encoded.program.shape;
    const addressOffset = this.#encoded.inputs + FLOAT * wordOf('Input', 'source');
    return {
      direction: 'in',
      arrays: [values],
      features: inFeatures,
      floatsPerPoint: inFeatures,
      isShared,
      addressOffset,
    };
  }

  #jet(direction: Stream['direction'], arrays: readonly Float32Array[], field: 'outputs' | 'upstream'): Stream {
    const features = this.#encoded.program.outFeatures;
    return {
      direction,
      arrays,
      features,
      floatsPerPoint: this.#shape.outputFloats,
      isShared: false,
      addressOffset: this.#addressOffset(field),
    };
  }

  /**
   * @param points n, the points of each field
   * @returns value `[b n][o]`, then first `[d][b n][o]` and second `[m][b n][o]` up to the jet's order
   */
  forward(coords: FieldValues, parameters: Float32Array, points: number): Float32Array[] {
    const { shape, outFeatures } = this.#encoded.program;
    const block = this.#group.fields * points * outFeatures;
    const results = [allocate(block)];
    if (shape.order >= 1) results.push(allocate(shape.inFeatures * block));
    if (shape.forms) results.push(allocate(shape.forms.weights.length * block));
    const streams = [this.#coords(coords), this.#jet('out', results, 'outputs')];
    this.#run('forward', streams, parameters, { points });
    return results;
  }

  /** @returns the derivatives with respect to the coordinates `[b n][d]`, then those with respect to the parameters */
  backward(
    coords: Float32Array,
    parameters: Float32Array,
    upstream: readonly Float32Array[],
    points: number,
  ): [coords: Float32Array, parameters: Float32Array] {
    const result = allocate(coords.length);
    const addressOffset = this.#encoded.inputs + FLOAT * wordOf('Input', 'sourceGradient');
    const given = this.#coords({ values: coords, isShared: false });
    const streams = [
      given,
      this.#jet('in', upstream, 'upstream'),
      { ...given, direction: 'out' as const, arrays: [result], addressOffset },
    ];
    const gradient = allocate(parameters.length);
    this.#run('backward', streams, parameters, { points, gradient });
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
    readonly coords: FieldValues;
    readonly parameters: Float32Array;
    readonly targets: readonly FieldValues[];
    readonly scale: LossScale;
    readonly points: number;
  }): { readonly losses: Float32Array; readonly gradient: Float32Array } {
    const { targets: used, usesAdjoint } = this.#encoded;
    const streams = [
      this.#coords(coords),
      ...(usesAdjoint ? [this.#jet('within', [], 'upstream')] : []),
      ...used.map(({ index, width, source }): Stream => {
        const { values, isShared } = targets[index] as FieldValues;
        return {
          direction: 'in',
          arrays: [values],
          features: width,
          floatsPerPoint: width,
          isShared,
          addressOffset: source,
        };
      }),
    ];
    const losses = allocate(this.#group.fields);
    const gradient = allocate(parameters.length);
    this.#run('loss', streams, parameters, { points, gradient, losses, scale });
    return { losses, gradient };
  }

  /** How many fields, and how many points of each, a batch has. */
  #batchOf(streams: readonly Stream[], points: number): { readonly fields: number; readonly points: number } {
    const floatsPerPoint = streams.reduce((sum, stream) => sum + stream.floatsPerPoint, 0);
    const together = fieldsPerBatch(this.#shape, { points, floatsPerPoint });
    if (together < 1) return { fields: 1, points: batchSize(this.#shape, points) };
    return { fields: Math.min(this.#group.size, together), points };
  }

  /** Runs a job for each batch and combines the results. */
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
    const { scratchBytes, gradientBytes, packings, collections, job: program, usesAdjoint, tilePoints } = this.#encoded;
    const batch = this.#batchOf(streams, points);
    arena.scope(() => {
      const parameterAddress = arena.take(FLOAT * group.totalFloats);
      const images = this.#takeImages(parameterAddress, scale);
      const flat = gradient ? arena.take(FLOAT * group.totalFloats) : 0;
      const gradients = arena.take(2 * gradientBytes * pool.count);
      const sums = losses ? arena.take(DOUBLE * batch.fields) : 0;
      const firstSums = losses ? arena.take(constants.SUM_BYTES * pool.count) : 0;
      const buffers = streams.map(({ floatsPerPoint, isShared }) =>
        arena.take(FLOAT * floatsPerPoint * batch.points * (isShared ? 1 : batch.fields)),
      );
      const scratch = arena.take(scratchBytes * pool.count);
      const addresses = arena.take(recordBytes('FieldAddress') * streams.length);
      const job = arena.take(recordBytes('FieldsJob'));
      const common = {
        tileJob: JOBS[purpose][usesAdjoint ? 1 : 0],
        images,
        imageBytes: this.#imageBytes,
        program,
        packings: packings.offset,
        packingCount: packings.count,
        collections: collections.offset,
        collectionCount: gradient ? collections.count : 0,
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
          const first = buffers[index] as number;
          const { addressOffset, features, isShared, direction } = stream;
          const fieldBytes = isShared ? 0 : FLOAT * one.points * features;
          writeRecord(arena, 'FieldAddress', addresses + index * recordBytes('FieldAddress'), {
            offset: addressOffset,
            first,
            fieldBytes,
          });
          if (direction === 'in') this.#copy(stream, first, one, points);
        }
        const tile = evenTile(one.points, tilePoints, this.#machine);
        writeRecord(arena, 'FieldsJob', job, { ...common, fields: one.fields, points: one.points, tilePoints: tile });
        const threads = threadsFor(this.#machine, this.#shape, one.fields * one.points);
        pool.run(constants.JOB_MANY_FIELDS, job, threads);
        if (gradient) functions.joinFields(job, threads);
        for (const [index, stream] of streams.entries())
          if (stream.direction === 'out') this.#copy(stream, buffers[index] as number, one, points);
      };

      functions.clear(gradients, 2 * gradientBytes * pool.count);
      if (flat) functions.clear(flat, FLOAT * group.sharedFloats);
      copySharedIn(group, parameters, arena.floats(parameterAddress, group.totalFloats));
      for (let firstField = 0; firstField < group.fields; firstField += batch.fields) {
        const fields = Math.min(batch.fields, group.fields - firstField);
        copyOwnIn(group, parameters, arena.floats(parameterAddress, group.totalFloats), firstField, fields);
        if (flat) functions.clear(flat + FLOAT * group.sharedFloats, FLOAT * (group.totalFloats - group.sharedFloats));
        if (sums) functions.clear(sums, DOUBLE * fields);
        for (let firstPoint = 0; firstPoint < points; firstPoint += batch.points)
          runBatch({ firstField, fields, firstPoint, points: Math.min(batch.points, points - firstPoint) });
        if (gradient) copyOwnOut(group, gradient, arena.floats(flat, group.totalFloats), firstField, fields);
        if (losses && scale) {
          const all = new Float64Array(arena.memory.buffer, sums, fields);
          for (let field = 0; field < fields; field++) losses[firstField + field] = (all[field] as number) * scale.loss;
        }
      }
      if (!gradient) return;
      functions.collectFields(job, pool.count);
      copySharedOut(group, gradient, arena.floats(flat, group.totalFloats));
    });
  }

  /** Bytes between the program images of neighbouring threads. */
  get #imageBytes(): number {
    return CACHE_LINE * Math.ceil(this.#encoded.memory.parameters / CACHE_LINE);
  }

  /** Writes a program image for each thread. @returns the address of the first */
  #takeImages(parameters: number, scale: LossScale | undefined): number {
    const { arena, pool } = this.#machine;
    const { memory, loss } = this.#encoded;
    const images = arena.take(this.#imageBytes * pool.count);
    for (let thread = 0; thread < pool.count; thread++) {
      const base = images + thread * this.#imageBytes;
      const words = memory.at(base, parameters);
      arena.integers(base, words.length).set(words);
      if (scale) arena.floats(base + loss + FLOAT * wordOf('Loss', 'gradientScale'), 1)[0] = scale.gradient;
    }
    return images;
  }

  /** Copies one batch of a stream in or out. */
  #copy(
    { direction, arrays, features, floatsPerPoint, isShared }: Stream,
    address: number,
    one: FieldBatch,
    n: number,
  ): void {
    const count = isShared ? one.points : one.fields * one.points;
    const start = isShared ? one.firstPoint : one.firstField * n + one.firstPoint;
    const total = isShared ? n : this.#group.fields * n;
    const view = this.#machine.arena.floats(address, count * floatsPerPoint);
    copyBlocks(arrays, view, { start, count, total }, features, direction === 'out' ? 'out' : 'in');
  }
}
