/**
 * @file The parameters of some of the fields of a program, as they lie in the kernels' memory while these are worked
 * on.
 */
import { arraysOf, type KernelProgram, withParameters } from '@neural-fields/core/kernels';
import type { ParameterArray } from '@neural-fields/core/layers';
import { sizeOf } from './packings.ts';

/** Parameters of their own that the fields of a group may have together, in numbers: 16 MiB. */
const GROUP_NUMBERS = 2 ** 22;

/** One parameter, in the flat vector and in the group's. */
interface GroupedParameter {
  readonly offset: number;
  readonly place: number;
  readonly size: number;
  readonly fieldStride: number;
}

/**
 * The layout of the parameters of a group: first those that all fields share, then of each of the others those of all
 * fields of the group.
 */
export interface FieldGroup {
  /** The program with its parameters where that layout has them. */
  readonly program: KernelProgram;
  /** b, how many fields there are in all. */
  readonly fields: number;
  /** The most fields in a group. */
  readonly size: number;
  readonly shared: readonly GroupedParameter[];
  readonly own: readonly GroupedParameter[];
  /** Numbers that are shared, and all numbers. */
  readonly sharedNumbers: number;
  readonly numbers: number;
}

/** Lays the parameters of a group out. */
export const fieldGroupOf = (program: KernelProgram): FieldGroup => {
  const fields = program.fields ?? 1;
  const all = new Map<number, ParameterArray>();
  for (const operation of program.operations)
    for (const numbers of arraysOf(operation)) if (numbers.kind === 'parameter') all.set(numbers.offset, numbers);
  const strideOf = ({ fieldStride = 0 }: ParameterArray): number => fieldStride;
  const [shared, own] = [false, true].map(isOwn =>
    [...all.values()].filter(numbers => strideOf(numbers) > 0 === isOwn),
  );
  const ownNumbers = (own as ParameterArray[]).reduce((sum, numbers) => sum + strideOf(numbers), 0);
  const size = Math.max(1, Math.min(fields, Math.floor(GROUP_NUMBERS / Math.max(1, ownNumbers))));
  let next = 0;
  const places = new Map<number, number>();
  const layOut = (numbers: ParameterArray): GroupedParameter => {
    const place = next;
    places.set(numbers.offset, place);
    const fieldStride = strideOf(numbers);
    next += fieldStride > 0 ? size * fieldStride : sizeOf(numbers.shape);
    return { offset: numbers.offset, place, size: sizeOf(numbers.shape), fieldStride };
  };
  const sharedParameters = (shared as ParameterArray[]).map(layOut);
  const sharedNumbers = next;
  const ownParameters = (own as ParameterArray[]).map(layOut);
  const operations = program.operations.map(operation =>
    withParameters(operation, numbers => ({ ...numbers, offset: places.get(numbers.offset) as number })),
  );
  return {
    program: { ...program, operations, parameterCount: next },
    fields,
    size,
    shared: sharedParameters,
    own: ownParameters,
    sharedNumbers,
    numbers: next,
  };
};

/** Copies what all fields share from the flat vector `[P]` to the group's. */
export const copySharedIn = ({ shared }: FieldGroup, flat: Float32Array, group: Float32Array): void => {
  for (const { offset, place, size } of shared) group.set(flat.subarray(offset, offset + size), place);
};

/** Copies the parameters of `count` fields from `first` on from the flat vector to the group's. */
export const copyOwnIn = (
  { own }: FieldGroup,
  flat: Float32Array,
  group: Float32Array,
  first: number,
  count: number,
): void => {
  for (const { offset, place, fieldStride } of own)
    group.set(flat.subarray(offset + first * fieldStride, offset + (first + count) * fieldStride), place);
};

/** Copies what all fields share from the group's vector to the flat one. */
export const copySharedOut = ({ shared }: FieldGroup, flat: Float32Array, group: Float32Array): void => {
  for (const { offset, place, size } of shared) flat.set(group.subarray(place, place + size), offset);
};

/** Copies the parameters of `count` fields from `first` on from the group's vector to the flat one. */
export const copyOwnOut = (
  { own }: FieldGroup,
  flat: Float32Array,
  group: Float32Array,
  first: number,
  count: number,
): void => {
  for (const { offset, place, fieldStride } of own)
    flat.set(group.subarray(place, place + count * fieldStride), offset + first * fieldStride);
};
