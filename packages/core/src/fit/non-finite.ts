/** @file Finds values that are not finite, before they make the loss NaN. */

/** The values of an array that are not finite. */
export interface NonFiniteValues {
  /** The index of the first one. */
  readonly index: number;
  /** The first one: NaN or an infinity. */
  readonly value: number;
  /** Their number. */
  readonly count: number;
}

/** Finds the values of an array that are not finite; `undefined` when all are finite. One pass. */
export const findNonFinite = (values: ArrayLike<number>): NonFiniteValues | undefined => {
  let first: number | undefined;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // 0 only for finite values.
    if (value - value === 0) continue;
    first ??= i;
    count += 1;
  }
  return first === undefined ? undefined : { index: first, value: values[first] as number, count };
};

/** `weight[17] is NaN (3 of 300 values are not finite)` */
export const describeNonFinite = (name: string, { index, value, count }: NonFiniteValues, size: number): string =>
  `${name}[${index}] is ${value} (${count} of ${size} ${size === 1 ? 'value is' : 'values are'} not finite)`;
