/** @file All parameters of a field as one flat vector, and back. */
import { concat1d, reshape, split, type Tensor, type Tensor1D, tidy } from '@tensorflow/tfjs-core';

/** A parameter's place in the flat vector follows from the order. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** One after the other: `f32[P]`. */
export const flatten = (tensors: readonly Tensor[]): Tensor1D =>
  tidy(() => concat1d(tensors.map(tensor => reshape(tensor, [tensor.size]) as Tensor1D)));

/** The parts of a flat vector in their shapes. */
export const unflatten = (flat: Tensor1D, shapes: readonly NamedShape[]): Tensor[] =>
  tidy(() =>
    split(
      flat,
      shapes.map(({ shape }) => sizeOf(shape)),
    ).map((part, index) => reshape(part, [...(shapes[index] as NamedShape).shape])),
  );

/** The parts of flat numbers by name. */
export const unflattenNumbers = (
  flat: Float32Array,
  shapes: readonly NamedShape[],
): Map<string, { shape: readonly number[]; data: Float32Array }> => {
  let start = 0;
  return new Map(
    shapes.map(({ name, shape }) => {
      const data = flat.slice(start, start + sizeOf(shape));
      start += data.length;
      return [name, { shape, data }];
    }),
  );
};
