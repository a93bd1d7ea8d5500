import { createRng } from '@neural-fields/core';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { gridCoordinates } from '../../src/grids/grid-coordinates.ts';
import { pixels } from '../../src/points/pixels.ts';
import { samples } from '../../src/points/samples.ts';

const rng = createRng(1);

describe('pixels', () => {
  test('row-major coordinates and values in [-1, 1]', () => {
    const source = pixels(ndarray(new Float32Array([0, 0.25, 0.5, 1]), [2, 2, 1]));
    const { coords, targets } = source.draw(0, 4, rng);
    expect(coords).toEqual(gridCoordinates([2, 2]));
    expect([...targets!['value']!]).toEqual([-1, -0.5, 0, 1]);
    expect([source.size, source.pointsPerStep, source.inFeatures]).toEqual([4, 4, 2]);
  });

  test('grid options and range', () => {
    const source = pixels(ndarray(new Float32Array([0, 0.25, 0.5, 1]), [1, 4, 1]), {
      convention: 'pixel-centred',
      aspect: 'keep',
      range: [0, 2],
    });
    const { coords, targets } = source.draw(1, 2, rng);
    expect([...coords]).toEqual([0, -0.25, 0, 0.25]);
    expect([...targets!['value']!]).toEqual([0.5, 1]);
  });

  test('views: transposed, flipped, cropped', () => {
    const image = ndarray(
      Float32Array.from({ length: 4 * 5 * 3 }, (_, i) => i / 60),
      [4, 5, 3],
    );
    const seen = image.transpose(1, 0, 2).lo(1, 1, 0).step(-1, 2, -1);
    const { targets } = pixels(seen, { range: [0, 1] }).draw(0, seen.shape[0]! * seen.shape[1]!, rng);
    const expected: number[] = [];
    for (let i = 0; i < seen.shape[0]!; i++)
      for (let j = 0; j < seen.shape[1]!; j++) for (let c = 0; c < 3; c++) expected.push(seen.get(i, j, c));
    expect([...targets!['value']!]).toEqual(expected);
  });

  test('additional targets are not scaled', () => {
    const image = ndarray(new Float32Array(4), [2, 2, 1]);
    const gradient = ndarray(Float64Array.from([1, 2, 3, 4, 5, 6, 7, 8]), [2, 2, 2]);
    const { targets } = pixels(image, { targets: { gradient } }).at([2]);
    expect([...targets!['gradient']!]).toEqual([5, 6]);
    expect(() => pixels(image, { targets: { gradient: ndarray(new Float32Array(6), [2, 3, 1]) } })).toThrow(
      'pixels: target gradient must be [2, 2, k], got [2, 3, 1]',
    );
  });

  test('errors', () => {
    expect(() => pixels(ndarray(new Float32Array(4), [2, 2]))).toThrow(
      /^pixels: image must be \[height, width, channels\], got \[2, 2\]$/,
    );
    expect(() => pixels(ndarray(new Float32Array(16), [2, 2, 2, 2]))).toThrow(
      'pixels: image must be [height, width, channels], got [2, 2, 2, 2]; use samples',
    );
    expect(() => pixels(ndarray(new Float32Array(0), [0, 2, 3]))).toThrow('not empty, got [0, 2, 3]');
    expect(() => pixels(ndarray(new Float32Array(4), [2, 2, 1]), { valueScale: [1, 1] })).toThrow(
      'valueScale must be two different numbers',
    );
    expect(() => pixels(ndarray(new Float32Array(4), [2, 2, 1])).at([4])).toThrow(
      "a point's index must be an integer from 0 to 3, got 4",
    );
  });
});

describe('samples', () => {
  test('an 8-bit video with its scale', () => {
    const video = ndarray(
      Uint8Array.from({ length: 2 * 3 * 4 * 3 }, (_, i) => i * 3),
      [2, 3, 4, 3],
    );
    const source = samples(video, { valueScale: [0, 255], range: [0, 1] });
    expect([source.inFeatures, source.size]).toEqual([3, 24]);
    const { coords, targets } = source.at([23, 0]);
    expect([...coords]).toEqual([1, 1, 1, -1, -1, -1]);
    expect(targets!['value']![0]).toBeCloseTo((69 * 3) / 255, 6);
    expect(() => samples(video)).toThrow(
      'samples: an array of integers needs a valueScale, e.g. [0, 255]; got Uint8Array without one',
    );
  });

  test('the pixels of an image', () => {
    const image = { data: Float32Array.from({ length: 24 }, (_, i) => i / 24), shape: [2, 4, 3] };
    expect(samples(image).draw(0, 8)).toEqual(pixels(image).draw(0, 8));
  });

  test('one axis, and none', () => {
    const { coords, targets } = samples({ data: Float32Array.of(0, 1, 0.5), shape: [3, 1] }).draw(0, 3);
    expect([...coords]).toEqual([-1, 0, 1]);
    expect([...targets!['value']!]).toEqual([-1, 1, 0]);
    expect(() => samples({ data: Float32Array.of(0, 1), shape: [2] })).toThrow(
      'samples: the signal must be [...grid, channels] and not empty, got [2]',
    );
  });
});
