/** @file Copies of every input feature, shifted and scaled: what encodings with one function per bin start with. */
import { constantArray, linear, type Signal } from '@neural-fields/core/layers';

/** Feature j of the copies of an input feature h is `scale h + shifts[j]`. */
export interface Copies {
  /** Computed once per feature. */
  readonly shifts: readonly number[];
  /** One for all, or one for each copy. */
  readonly scale: number | readonly number[];
}

/** The copies of all input features, those of one feature side by side: `features shifts.length` features. */
export const shiftedCopies = (input: Signal, { shifts, scale }: Copies): Signal => {
  const { features } = input;
  const width = features * shifts.length;
  const weight = constantArray([features, width], () => {
    const values = new Float32Array(features * width);
    for (let i = 0; i < features; i++)
      for (let j = 0; j < shifts.length; j++)
        values[i * width + i * shifts.length + j] = typeof scale === 'number' ? scale : (scale[j] as number);
    return values;
  });
  const bias = constantArray([width], () =>
    Float32Array.from({ length: width }, (_, k) => shifts[k % shifts.length] as number),
  );
  return linear(input, weight, bias);
};
