/** @file The arrays that operations multiply with or look up: parameters and constants. */
import type { Tensor } from '@tensorflow/tfjs-core';

/** A parameter of the network, by its position in the flat vector. */
export interface ParameterArray {
  readonly kind: 'parameter';
  /** Its index among the layout's entries. */
  readonly index: number;
  /** Its offset in the flat vector. */
  readonly offset: number;
  readonly shape: readonly number[];
  /**
   * In programs for many fields: field f's values begin at offset + f fieldStride. 0 or absent for a parameter that all
   * fields share.
   */
  readonly fieldStride?: number;
}

/**
 * An array that is computed from parameters, in tfjs ops with a correct gradient. Operations use it as a parameter that
 * follows those of the layout: its index and offset continue theirs.
 */
export interface ComputedArray extends ParameterArray {
  readonly from: readonly ParameterArray[];
  /** @param tensors the values of `from`, in their shapes */
  make(tensors: readonly Tensor[]): Tensor;
}

/** An array that is determined by the spec and not trained. */
export interface ConstantArray {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  /** Row-major; the same array each time. */
  values(): Float32Array;
}

export type OperandArray = ParameterArray | ConstantArray;

/** A constant array, computed on first use: a spec may name arrays larger than memory that are never evaluated. */
export const constantArray = (shape: readonly number[], make: () => Float32Array): ConstantArray => {
  let made: Float32Array | undefined;
  return {
    kind: 'constant',
    shape,
    values: () => {
      made ??= make();
      return made;
    },
  };
};
