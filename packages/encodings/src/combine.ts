/** @file How the features of several lookups become one vector. */
import { columns, concat, product, type Signal, sum } from '@neural-fields/core/layers';

/** Concatenated, added, or multiplied feature by feature. */
export type Combination = 'concat' | 'sum' | 'product';

/** @throws RangeError when it is none of the allowed */
export const assertCombination = (what: string, value: unknown, allowed: readonly Combination[]): void => {
  if (!allowed.includes(value as Combination))
    throw new RangeError(`${what} must be one of ${allowed.join(', ')}, got ${JSON.stringify(value)}`);
};

/** Combines signals of the same number of features. */
export const combine = (signals: readonly Signal[], combination: Combination): Signal => {
  if (signals.length === 1) return signals[0] as Signal;
  if (combination === 'concat') return concat(signals);
  return combination === 'sum' ? sum(signals) : signals.reduce(product);
};

/** A signal in parts of `width` features each. */
export const parts = (signal: Signal, width: number): Signal[] =>
  Array.from({ length: signal.features / width }, (_, part) =>
    columns(
      signal,
      Array.from({ length: width }, (_, f) => part * width + f),
    ),
  );
