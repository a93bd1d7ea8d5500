import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { bitDepth, finite, fraction, integer, numberList, positive } from '../src/options/numbers.ts';
import { parseSize, resolveSize } from '../src/options/size.ts';
import { formatBytes, formatDecibels, formatSeconds, plural } from '../src/output/format.ts';

test('numbers are read strictly', () => {
  expect(integer(1)('12')).toBe(12);
  expect(integer(0, 5)('5')).toBe(5);
  expect(positive('1e-4')).toBe(1e-4);
  expect(positive('.5')).toBe(0.5);
  expect(fraction('0')).toBe(0);
  expect(finite('-3.5')).toBe(-3.5);
  expect(bitDepth('24')).toBe(24);
  expect(numberList(2, 'two')('-1, 1')).toEqual([-1, 1]);
  for (const text of ['', ' ', '0', '1.5', '12px', '0x10', 'Infinity', 'NaN', '1e400', '-1'])
    expect(() => integer(1)(text), text).toThrow(InvalidArgumentError);
  for (const text of ['0', '-1', '1e400', 'e', '1,5']) expect(() => positive(text), text).toThrow(InvalidArgumentError);
  for (const text of ['1', '-0.1', 'x']) expect(() => fraction(text), text).toThrow(InvalidArgumentError);
  expect(() => integer(0, 5)('6')).toThrow('It must be an integer from 0 to 5.');
  expect(() => numberList(2, 'two')('1')).toThrow('It must be two.');
  expect(() => bitDepth('12')).toThrow(InvalidArgumentError);
});

test('sizes are both sides or the longest', () => {
  expect(parseSize('640x480')).toEqual({ width: 640, height: 480 });
  expect(resolveSize(parseSize('640X480'), 1, 1)).toEqual({ width: 640, height: 480 });
  expect(resolveSize(parseSize('300'), 600, 400)).toEqual({ width: 300, height: 200 });
  expect(resolveSize(parseSize('1'), 600, 4)).toEqual({ width: 1, height: 1 });
  for (const text of ['0', '0x5', '5x0', 'x', '5x', '5 by 5', '-5', '1.5', '1e3'])
    expect(() => parseSize(text), text).toThrow(InvalidArgumentError);
});

test('figures are short', () => {
  expect([0.04, 9.96, 61, 3599.7, 7384].map(formatSeconds)).toEqual([
    '0.0 s',
    '10 s',
    '1 min 01 s',
    '1 h 00 min',
    '2 h 03 min',
  ]);
  expect([42.104, Number.POSITIVE_INFINITY, Number.NaN].map(formatDecibels)).toEqual([
    '42.10 dB',
    'infinite',
    'not a number',
  ]);
  expect([0, 999, 1000, 12_345_678].map(formatBytes)).toEqual(['0 bytes', '999 bytes', '1.0 kB', '12.3 MB']);
  expect([plural(1, 'step'), plural(1500, 'step')]).toEqual(['1 step', '1,500 steps']);
});
