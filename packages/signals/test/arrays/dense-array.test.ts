import ndarray from 'ndarray';
import { expect, test } from 'vitest';
import { denseArray } from '../../src/arrays/dense-array.ts';
import { meanSquaredError } from '../../src/metrics/mean-squared-error.ts';
import { psnr } from '../../src/metrics/psnr.ts';
import { ssim } from '../../src/metrics/ssim.ts';
import { pixels } from '../../src/points/pixels.ts';

const data = Float32Array.from({ length: 9 * 8 * 3 }, (_, i) => ((i * 37) % 101) / 100);
const shape = [9, 8, 3];

test('has the four fields of an ndarray and nothing else', () => {
  const array = denseArray(data, shape);
  expect(array).toEqual({ data, shape: [9, 8, 3], stride: [24, 3, 1], offset: 0 });
  expect(array.data).toBe(data);
  const theirs = ndarray(array.data, array.shape, array.stride, array.offset);
  expect(theirs.get(4, 5, 2)).toBe(data[4 * 24 + 5 * 3 + 2]);
});

test('rejects data of the wrong length', () => {
  expect(() => denseArray(data, [9, 8, 4])).toThrow('denseArray: data must have 288 elements for [9, 8, 4], got 216');
});

test('a dense array, its data and shape alone, and ndarray views are equivalent', () => {
  const dense = denseArray(data, shape);
  const theirs = ndarray(data, shape);
  const turned = ndarray(new Float32Array(data.length), [3, 9, 8]).transpose(1, 2, 0);
  for (let y = 0; y < 9; y++)
    for (let x = 0; x < 8; x++) for (let c = 0; c < 3; c++) turned.set(y, x, c, theirs.get(y, x, c));
  const sliced = ndarray(new Float32Array(18 * 10 * 3).fill(Number.NaN), [18, 10, 3])
    .step(-2, 1, 1)
    .lo(0, 1, 0)
    .hi(9, 8, 3);
  for (let y = 0; y < 9; y++)
    for (let x = 0; x < 8; x++) for (let c = 0; c < 3; c++) sliced.set(y, x, c, theirs.get(y, x, c));
  const other = { data: data.map(value => 0.9 * value), shape };
  for (const array of [dense, { data, shape }, theirs, turned, sliced]) {
    expect(meanSquaredError(array, dense)).toBe(0);
    expect(psnr(array, other)).toBe(psnr(dense, other));
    expect(ssim(array, other)).toBe(ssim(dense, other));
    expect(pixels(array).draw(0, 72)).toEqual(pixels(dense).draw(0, 72));
  }
});
