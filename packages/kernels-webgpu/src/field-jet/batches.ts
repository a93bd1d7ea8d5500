/** @file Points go through the kernels in batches, so that memory does not grow with their number. */

import { type FieldProgram, padded } from './field-program.ts';
import type { ProgramFormat } from './format.ts';
import { sumsOfTable } from './ops/grid.ts';
import { ALIGNMENT, parameterRegions } from './regions.ts';

/**
 * Workgroups of two points, the smallest that go through workgroup memory, then stay within what a dispatch may have in
 * one dimension.
 */
const MOST_POINTS = 65_536;
/**
 * Batches are multiples of this, the most points that a workgroup has: then only the last workgroup of all has too few.
 */
const WHOLE_POINTS = 128;
const FLOAT_BYTES = 4;
/** What a dispatch may have along its third dimension, in which shaders count fields. */
const MOST_FIELDS = 65_535;
/** The parameters, the parts of their gradients, and the gradients. */
const BUFFERS_OF_PARAMETERS = 3;

/** How many buffers of gradients the reverse pass has at a time, at most. */
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

/** Numbers of the activations of a point, and of what comes back. */
const numbersOfPoint = (program: FieldProgram, format: ProgramFormat): number => {
  const { blocks } = program;
  const widths = program.widths.map(padded);
  const widest = Math.max(...widths);
  // Pre-activations and activations of every operation, and the buffers for what comes back.
  const all = blocks * (2 * widths.reduce((sum, width) => sum + width, 0) + gradientBuffers(program) * widest);
  // Of these float16 has the activations between products of matrices, and the derivatives of their pre-activations.
  const halved =
    (2 * blocks - 1) * widths.reduce((sum, width, register) => sum + (format.registers[register]?.half ? width : 0), 0);
  return all - halved / 2;
};

/** Numbers that fit in a binding. */
const bindingNumbers = ({ maxStorageBufferBindingSize, maxBufferSize }: GPUSupportedLimits): number =>
  (Math.min(maxStorageBufferBindingSize, maxBufferSize) - 32) / FLOAT_BYTES;

interface BatchBounds {
  readonly batchBytes: number;
  readonly format: ProgramFormat;
}

/**
 * The most points in a batch whose activations take at most `batchBytes`, on a device with these limits; at least one.
 */
export const batchSize = (
  program: FieldProgram,
  limits: GPUSupportedLimits,
  { batchBytes, format }: BatchBounds,
): number => {
  const widest = Math.max(...program.widths.map(padded));
  const most = Math.min(
    batchBytes / (FLOAT_BYTES * numbersOfPoint(program, format)),
    bindingNumbers(limits) / (program.blocks * widest),
    MOST_POINTS,
  );
  return Math.max(1, Math.floor(most));
};

/**
 * The most fields in a batch, of so many points each, whose activations and parameters take at most `batchBytes`; at
 * least one.
 */
export const fieldsOfBatch = (
  program: FieldProgram,
  limits: GPUSupportedLimits,
  { batchBytes, format, points }: BatchBounds & { readonly points: number },
): number => {
  const one = parameterRegions(program);
  // So many more that their parameters end where a binding may begin.
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
    batchBytes / (FLOAT_BYTES * (points * numbersOfPoint(program, format) + BUFFERS_OF_PARAMETERS * perField)),
    1 + (bindingNumbers(limits) - one.slotLength) / Math.max(1, perField),
    MOST_FIELDS,
  );
  return Math.max(1, Math.floor(most));
};

/** A part of the points of all fields, which are numbered field by field. */
export interface Batch {
  readonly start: number;
  readonly count: number;
  /** All points of all fields. */
  readonly total: number;
  /** The fields that it has points of; of a single field all points, or a part of them. */
  readonly fields: { readonly start: number; readonly count: number };
  /** The first of its points, numbered within their field. */
  readonly point: number;
  /** Whether its points are the first ones, and the last ones, of its fields. */
  readonly begins: boolean;
  readonly ends: boolean;
}

/**
 * The batches of so many points: as few as there can be when none is larger than `size`, and as equal as whole
 * workgroups let them be.
 */
export const batchesOf = (total: number, size: number): Batch[] => {
  if (total === 0) return [];
  const even = Math.ceil(total / Math.ceil(total / size));
  const most = Math.min(size, WHOLE_POINTS * Math.ceil(even / WHOLE_POINTS));
  return Array.from({ length: Math.ceil(total / most) }, (_, index) => {
    const start = index * most;
    const count = Math.min(most, total - start);
    const ends = start + count === total;
    return { start, count, total, fields: { start: 0, count: 1 }, point: start, begins: start === 0, ends };
  });
};

/** The batches of many fields of so many points each: some fields at a time, or a part of the points of one. */
export const fieldBatchesOf = (
  { fields, points }: { readonly fields: number; readonly points: number },
  { size, mostFields }: { readonly size: number; readonly mostFields: number },
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
  const most = Math.ceil(fields / Math.ceil(fields / mostFields));
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

/** The batches of a program's points, of which there are so many, or so many for each of its fields. */
export const batchesOfProgram = (
  program: FieldProgram,
  limits: GPUSupportedLimits,
  bounds: BatchBounds & { readonly points: number },
): Batch[] => {
  const { fields } = program;
  const { points } = bounds;
  const size = batchSize(program, limits, bounds);
  if (fields === undefined) return batchesOf(points, size);
  return fieldBatchesOf({ fields, points }, { size, mostFields: fieldsOfBatch(program, limits, bounds) });
};
