/** @file The numbers that operations multiply with or look up. */

/** A parameter of the network, at its place in the flat vector. */
export interface ParameterArray {
  readonly kind: 'parameter';
  /** Its place in the layout's entries. */
  readonly index: number;
  /** Its place in the flat vector. */
  readonly offset: number;
  readonly shape: readonly number[];
  /**
   * In programs for many fields: those of field f begin at offset + f fieldStride. 0, or absent, where all fields share
   * them.
   */
  readonly fieldStride?: number;
}

/** Numbers that follow from the spec and are never learned. */
export interface ConstantArray {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  /** Row-major; the same array each time. */
  values(): Float32Array;
}

export type OperandArray = ParameterArray | ConstantArray;

/** Numbers that are made when they are first asked for: a spec may name more than anybody needs. */
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
