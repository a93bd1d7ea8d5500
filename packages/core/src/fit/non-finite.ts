/** @file Finding numbers that are not finite, before they become a loss that is none. */

/** The numbers of an array that are not finite. */
export interface NonFiniteValues {
  /** Where the first one is. */
  readonly index: number;
  /** The first one: NaN or an infinity. */
  readonly value: number;
  /** How many there are. */
  readonly count: number;
}

/** The numbers of an array that are not finite; `undefined` when all are. One pass that reads each number once. */
export const findNonFinite = (values: ArrayLike<number>): NonFiniteValues | undefined => {
  let first: number | undefined;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // 0 for finite numbers alone.
    if (value - value === 0) continue;
    first ??= i;
    count += 1;
  }
  return first === undefined ? undefined : { index: first, value: values[first] as number, count };
};

/** `weight[17] is NaN (3 of 300 numbers are not finite)` */
export const describeNonFinite = (name: string, { index, value, count }: NonFiniteValues, size: number): string =>
  `${name}[${index}] is ${value} (${count} of ${size} ${size === 1 ? 'number is' : 'numbers are'} not finite)`;
