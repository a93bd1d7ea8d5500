/** @file Parses numbers on the command line. An invalid value is rejected before any work. */
import { ArgumentError } from './argument-error.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const parse = (text: string): number => (NUMBER.test(text.trim()) ? Number(text) : Number.NaN);

/** Reads an integer of at least `minimum` and at most `maximum`. */
export const integer =
  (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = parse(text);
    const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    if (!(Number.isSafeInteger(value) && value >= minimum && value <= maximum))
      throw new ArgumentError(`an integer ${range}`);
    return value;
  };

/** Reads a number above 0. */
export const positive = (text: string): number => {
  const value = parse(text);
  if (!(Number.isFinite(value) && value > 0)) throw new ArgumentError('a number above 0');
  return value;
};

/** Reads a number of at least 0. */
export const notNegative = (text: string): number => {
  const value = parse(text);
  if (!(Number.isFinite(value) && value >= 0)) throw new ArgumentError('a number of at least 0');
  return value;
};

/** Reads a number of at least 0 and below 1. */
export const fraction = (text: string): number => {
  const value = parse(text);
  if (!(value >= 0 && value < 1)) throw new ArgumentError('a number of at least 0 and below 1');
  return value;
};

/** Reads any finite number, such as a seed. */
export const finite = (text: string): number => {
  const value = parse(text);
  if (!Number.isFinite(value)) throw new ArgumentError('a number');
  return value;
};

/** Reads exactly `count` numbers, separated by commas, each of at least `minimum`. */
export const numberList =
  (count: number, form: string, minimum: number = Number.NEGATIVE_INFINITY) =>
  (text: string): readonly number[] => {
    const values = text.split(',').map(parse);
    if (values.length !== count || !values.every(value => Number.isFinite(value) && value >= minimum))
      throw new ArgumentError(`${form}`);
    return values;
  };

/** Reads a bit depth that some file format supports. */
export const bitDepth = (text: string): 8 | 16 | 24 | 32 => {
  const value = parse(text);
  if (value !== 8 && value !== 16 && value !== 24 && value !== 32)
    throw new ArgumentError('8 or 16 for images, 16, 24 or 32 for sound');
  return value;
};
