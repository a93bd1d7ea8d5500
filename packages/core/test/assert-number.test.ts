import { describe, expect, test } from 'vitest';
import {
  assertCount,
  assertFinite,
  assertFraction,
  assertNonNegative,
  assertPositive,
  assertShare,
} from '../src/assert-number.ts';

type Check = (what: string, value: unknown) => void;

/** Each check with values that it lets through, and with values that it refuses and the rest of the message. */
const checks: readonly (readonly [string, Check, readonly number[], readonly (readonly [unknown, string])[]])[] = [
  [
    'assertCount',
    assertCount,
    [1, 2 ** 53 - 1],
    [
      [0, 'a positive integer, got 0'],
      [2 ** 53, 'a positive integer'],
    ],
  ],
  ['assertCount from 0', (what, value) => assertCount(what, value, 0), [0, 7], [[-1, 'an integer >= 0, got -1']]],
  ['assertPositive', assertPositive, [Number.MIN_VALUE, 3], [[0, 'a positive number, got 0']]],
  ['assertNonNegative', assertNonNegative, [0, 1e300], [[-1e-9, 'a number >= 0, got -1e-9']]],
  ['assertFinite', assertFinite, [-1, 0], [[-Number.POSITIVE_INFINITY, 'a finite number, got -Infinity']]],
  [
    'assertShare',
    assertShare,
    [0, 0.5, 1],
    [
      [1.01, 'a number from 0 to 1, got 1.01'],
      [-0.1, 'a number from 0 to 1'],
    ],
  ],
  [
    'assertFraction',
    assertFraction,
    [0.5],
    [
      [0, 'a number between 0 and 1, got 0'],
      [1, 'a number between 0 and 1'],
    ],
  ],
];

describe.each(checks)('%s', (_, check, right, wrong) => {
  test.each(right)('accepts %d', value => expect(() => check('f: x', value)).not.toThrow());

  test.each(wrong)('refuses %s: %s', (value, message) => {
    expect(() => check('f: x', value)).toThrow(RangeError);
    expect(() => check('f: x', value)).toThrow(`f: x must be ${message}`);
  });

  test.each([
    [Number.NaN, 'NaN'],
    ['1', '"1"'],
    [undefined, 'undefined'],
    [null, 'null'],
    [[1], '[1]'],
    [1n, '1'],
  ])('refuses what is no number: %s', (value, shown) =>
    expect(() => check('f: x', value)).toThrow(new RegExp(`^f: x must be .*, got ${shown.replace(/[[\]]/g, '\\$&')}$`)),
  );
});
