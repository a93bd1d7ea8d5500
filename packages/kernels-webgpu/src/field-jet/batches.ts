/** @file Divides points into batches, so that memory does not grow with their number. */

import { type FieldProgram, padded } from './field-program.ts';
import type { ProgramFormat } from './format.ts';
import { sumsOfTable } from './ops/grid.ts';
import { ALIGNMENT, parameterRegions } from './regions.ts';

/**
 * With workgroups of two points, the smallest of the tiled products, the dispatch then stays within the limit of one
 * dimension.
 */
const MAX_BATCH_POINTS = 65_536;
/**
 * Batches are multiples of this, the maximum number of points of a workgroup: then only the very last workgroup is
 * incomplete.
 */
const WORKGROUP_POINTS = 128;
const FLOAT_BYTES = 4;
/** The limit of a dispatch along its third dimension, along which shaders count fields. */
const MAX_BATCH_FIELDS = 65_535;
/** Buffers as large as the parameters: themselves, the parts of their gradients, and the gradients. */
const PARAMETER_BUFFERS = 3;

/** The maximum number of gradient buffers that the backward pass uses at the same time. */
const gradientBuffers = ({ inputs, operations }: FieldProgram): number => {
  const seen = new Set<number>([inputs.length + operations.length - 1]);
  let [live, most] = [1, 1];
  for (const operation of [...operations].reverse()) {
    for (const register of new Set(operation.inputs)) if (!seen.has(register)) live += 1;
    for (const register of operation.inputs) seen.add(register);
    most = Math.max(most, live);
    live -= 1;
  }
  return most;
};

/** Floats per point of the activations and their gradients. */
const floatsPerPoint = (program: FieldProgram, format: ProgramFormat): number => {
  const { blocks } = program;
  const widths = program.widths.map(padded);
  const widest = Math.max(...widths);
  // Pre-activations and activations of every operation, and the gradient buffers.
  const all = blocks * (2 * widths.reduce((sum, width) => sum + width, 0) + gradientBuffers(program) * widest);
  // Of these, the activations between matrix products and the derivatives of their pre-activations may be float16.
  const halved =
    (2 * blocks - 1) * widths.reduce((sum, width, register) => sum + (format.registers[register]?.half ? width : 0), 0);
  return all - halved / 2;
};

/** Floats that fit in a binding. */
const bindingFloats = ({ maxStorageBufferBindingSize, maxBufferSize }: GPUSupportedLimits): number =>
  (Math.min(maxStorageBufferBindingSize, maxBufferSize) - 32) / FLOAT_BYTES;

interface BatchBounds {
  readonly batchBytes: number;
  readonly format: ProgramFormat;
}

/**
 * The maximum number of points in a batch for which the activations take at most `batchBytes`, on a device with these
 * limits; at least one.
 */
export const batchSize = (
  program: FieldProgram,
  limits: GPUSupportedLimits,
  { batchBytes, format }: BatchBounds,
): number => {
  const widest = Math.max(...program.widths.map(padded));
  const most = Math.min(
    batchBytes / (FLOAT_BYTES * floatsPerPoint(program, format)),
    bindingFloats(limits) / (program.blocks * widest),
    MAX_BATCH_POINTS,
  );
  return Math.max(1, Math.floor(most));
};

/**
 * The maximum number of fields in a batch, with `points` points each, for which activations and parameters take at most
 * `batchBytes`; at least one.
 */
export const maxFieldsPerBatch = (
  program: FieldProgram,
  limits: GPUSupportedLimits,
  { batchBytes, format, points }: BatchBounds & { readonly points: number },
): number => {
  const one = parameterRegions(program);
  // This many more fields end at a multiple of the alignment again, so the difference per field is exact.
  const more = parameterRegions(program, 1 + ALIGNMENT);
  const perField = Math.max(
    (more.slotLength - one.slotLength) / ALIGNMENT,
    (more.own.length - one.own.length) / ALIGNMENT,
    ...program.operations.map(operation =>
      operation.kind === 'grid' ? sumsOfTable(operation, program, points).length : 0,
    ),
  );
  const most = Math.min(
    batchSize(program, limits, { batchBytes, format }) / points,
    batchBytes / (FLOAT_BYTES * (points * floatsPerPoint(program, format) + PARAMETER_BUFFERS * perField)),
    1 + (bindingFloats(limits) - one.slotLength) / Math.max(1, perField),
    MAX_BATCH_FIELDS,
  );
  return Math.max(1, Math.floor(most));
};

/** A part of the points of all fields; points are numbered field by field. */
export interface Batch {
  readonly start: number;
  readonly count: number;
  /** All points of all fields. */
  readonly total: number;
  /** The fields to which the points belong: several whole fields, or all or some points of a single one. */
  readonly fields: { readonly start: number; readonly count: number };
  /** Index of its first point within the field. */
  readonly point: number;
  /** Whether it includes the first points, and the last points, of its fields. */
  readonly begins: boolean;
  readonly ends: boolean;
}

/**
 * Divides `total` points into as few batches of at most `size` points as possible, of equal sizes up to whole
 * workgroups.
 */
export const batchesOf = (total: number, size: number): Batch[] => {
  if (total === 0) return [];
  const even = Math.ceil(total / Math.ceil(total / size));
  const most = Math.min(size, WORKGROUP_POINTS * Math.ceil(even / WORKGROUP_POINTS));
  return Array.from({ length: Math.ceil(total / most) }, (_, index) => {
    const start = index * most;
    const count = Math.min(most, total - start);
    const ends = start + count === total;
    return { start, count, total, fields: { start: 0, count: 1 }, point: start, begins: start === 0, ends };
  });
};

/** Divides many fields with `points` points each into batches: several fields each, or a part of the points of one. */
export const fieldBatchesOf = (
  { fields, points }: { readonly fields: number; readonly points: number },
  { size, maxFields }: { readonly size: number; readonly maxFields: number },
): Batch[] => {
  const total = fields * points;
  if (points > size)
    return Array.from({ length: fields }, (_, field) =>
      batchesOf(points, size).map(batch => ({
        ...batch,
        start: field * points + batch.start,
        total,
        fields: { start: field, count: 1 },
      })),
    ).flat();
  const most = Math.ceil(fields / Math.ceil(fields / maxFields));
  return Array.from({ length: Math.ceil(fields / most) }, (_, index) => {
    const start = index * most;
    const count = Math.min(most, fields - start);
    return {
      start: start * points,
      count: count * points,
      total,
      fields: { start, count },
      point: 0,
      begins: true,
      ends: true,
    };
  });
};

/** The batches of a program's points; `points` is their number, for many fields that of each. */
export const batchesOfProgram = (
  program: FieldProgram,
  limits: GPUSupportedLimits,
  bounds: BatchBounds & { readonly points: number },
): Batch[] => {
  const { fields } = program;
  const { points } = bounds;
  const size = batchSize(program, limits, bounds);
  if (fields === undefined) return batchesOf(points, size);
  return fieldBatchesOf({ fields, points }, { size, maxFields: maxFieldsPerBatch(program, limits, bounds) });
};
