/**
 * @file Splits the fields of a program into groups, and lays out the parameters of one group in the kernels' memory.
 *   The groups are processed one after the other, so that memory does not grow with the number of fields.
 */
import { arraysOf, type KernelProgram, withParameters } from '@neural-fields/core/kernels';
import type { ParameterArray } from '@neural-fields/core/layers';
import { sizeOf } from './packings.ts';

/** The maximum number of per-field parameters in a group: 16 MiB. */
const MAX_GROUP_FLOATS = 2 ** 22;

/** A parameter's offsets in the flat vector and in the group's vector. */
interface GroupedParameter {
  readonly offset: number;
  readonly groupOffset: number;
  readonly size: number;
  readonly fieldStride: number;
}

/**
 * The layout of a group's parameters: first those that all fields share, then each per-field parameter for all fields
 * of the group.
 */
export interface FieldGroup {
  /** The program with its parameter offsets changed to this layout. */
  readonly program: KernelProgram;
  /** b, the total number of fields. */
  readonly fields: number;
  /** The maximum number of fields in a group. */
  readonly size: number;
  readonly shared: readonly GroupedParameter[];
  readonly own: readonly GroupedParameter[];
  /** Number of shared parameters, and of all parameters of a group. */
  readonly sharedFloats: number;
  readonly totalFloats: number;
}

/** Lays out the parameters of a group. */
export const fieldGroupOf = (program: KernelProgram): FieldGroup => {
  const fields = program.fields ?? 1;
  const all = new Map<number, ParameterArray>();
  for (const operation of program.operations)
    for (const numbers of arraysOf(operation)) if (numbers.kind === 'parameter') all.set(numbers.offset, numbers);
  const strideOf = ({ fieldStride = 0 }: ParameterArray): number => fieldStride;
  const [shared, own] = [false, true].map(isOwn =>
    [...all.values()].filter(numbers => strideOf(numbers) > 0 === isOwn),
  );
  const ownFloats = (own as ParameterArray[]).reduce((sum, numbers) => sum + strideOf(numbers), 0);
  const size = Math.max(1, Math.min(fields, Math.floor(MAX_GROUP_FLOATS / Math.max(1, ownFloats))));
  let next = 0;
  const groupOffsets = new Map<number, number>();
  const layOut = (numbers: ParameterArray): GroupedParameter => {
    const groupOffset = next;
    groupOffsets.set(numbers.offset, groupOffset);
    const fieldStride = strideOf(numbers);
    next += fieldStride > 0 ? size * fieldStride : sizeOf(numbers.shape);
    return { offset: numbers.offset, groupOffset, size: sizeOf(numbers.shape), fieldStride };
  };
  const sharedParameters = (shared as ParameterArray[]).map(layOut);
  const sharedFloats = next;
  const ownParameters = (own as ParameterArray[]).map(layOut);
  const operations = program.operations.map(operation =>
    withParameters(operation, numbers => ({ ...numbers, offset: groupOffsets.get(numbers.offset) as number })),
  );
  return {
    program: { ...program, operations, parameterCount: next },
    fields,
    size,
    shared: sharedParameters,
    own: ownParameters,
    sharedFloats,
    totalFloats: next,
  };
};

/** Copies the shared parameters from the flat vector `[P]` to the group's. */
export const copySharedIn = ({ shared }: FieldGroup, flat: Float32Array, group: Float32Array): void => {
  for (const { offset, groupOffset, size } of shared) group.set(flat.subarray(offset, offset + size), groupOffset);
};

/** Copies the parameters of the fields `first` ... `first + count - 1` from the flat vector to the group's. */
export const copyOwnIn = (
  { own }: FieldGroup,
  flat: Float32Array,
  group: Float32Array,
  first: number,
  count: number,
): void => {
  for (const { offset, groupOffset, fieldStride } of own)
    group.set(flat.subarray(offset + first * fieldStride, offset + (first + count) * fieldStride), groupOffset);
};

/** Copies the shared parameters from the group's vector to the flat one. */
export const copySharedOut = ({ shared }: FieldGroup, flat: Float32Array, group: Float32Array): void => {
  for (const { offset, groupOffset, size } of shared) flat.set(group.subarray(groupOffset, groupOffset + size), offset);
};

/** Copies the parameters of the fields `first` ... `first + count - 1` from the group's vector to the flat one. */
export const copyOwnOut = (
  { own }: FieldGroup,
  flat: Float32Array,
  group: Float32Array,
  first: number,
  count: number,
): void => {
  for (const { offset, groupOffset, fieldStride } of own)
    flat.set(group.subarray(groupOffset, groupOffset + count * fieldStride), offset + first * fieldStride);
};
