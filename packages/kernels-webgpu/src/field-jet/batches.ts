/** @file Points go through the kernels in batches, so that memory does not grow with their number. */

import { type FieldProgram, padded } from './field-program.ts';
import type { ProgramFormat } from './format.ts';

/** Workgroups of two points, the smallest that go through workgroup memory, then stay within what a dispatch may have in one dimension. */
const MOST_POINTS = 65_536;
/** Batches are multiples of this, the most points that a workgroup has: then only the last workgroup of all has too few. */
const WHOLE_POINTS = 128;
const FLOAT_BYTES = 4;

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

/** The most points in a batch whose activations take at most `batchBytes`, on a device with these limits; at least one. */
export const batchSize = (
  program: FieldProgram,
  { maxStorageBufferBindingSize, maxBufferSize }: GPUSupportedLimits,
  { batchBytes, format }: { readonly batchBytes: number; readonly format: ProgramFormat },
): number => {
  const { blocks } = program;
  const widths = program.widths.map(padded);
  const widest = Math.max(...widths);
  // Pre-activations and activations of every operation, and the buffers for what comes back.
  const all = blocks * (2 * widths.reduce((sum, width) => sum + width, 0) + gradientBuffers(program) * widest);
  // Of these float16 has the activations between products of matrices, and the derivatives of their pre-activations.
  const halved =
    (2 * blocks - 1) * widths.reduce((sum, width, register) => sum + (format.registers[register]?.half ? width : 0), 0);
  const numbers = all - halved / 2;
  const binding = Math.min(maxStorageBufferBindingSize, maxBufferSize) - 32;
  const most = Math.min(batchBytes / (FLOAT_BYTES * numbers), binding / (FLOAT_BYTES * blocks * widest), MOST_POINTS);
  return Math.max(1, Math.floor(most));
};

/** A part of the points. */
export interface Batch {
  readonly start: number;
  readonly count: number;
  /** All points. */
  readonly total: number;
}

/** The batches of so many points: as few as there can be when none is larger than `size`, and as equal as whole workgroups let them be. */
export const batchesOf = (total: number, size: number): Batch[] => {
  if (total === 0) return [];
  const even = Math.ceil(total / Math.ceil(total / size));
  const most = Math.min(size, WHOLE_POINTS * Math.ceil(even / WHOLE_POINTS));
  return Array.from({ length: Math.ceil(total / most) }, (_, index) => ({
    start: index * most,
    count: Math.min(most, total - index * most),
    total,
  }));
};
