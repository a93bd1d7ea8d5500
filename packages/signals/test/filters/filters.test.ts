import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { coordinateGradient, coordinateLaplacian } from '../../src/filters/coordinate-derivatives.ts';
import { laplacian } from '../../src/filters/laplacian.ts';
import { sobel, sobelMagnitude } from '../../src/filters/sobel.ts';
import { gridCoordinates } from '../../src/grids/grid-coordinates.ts';
import { element } from '../element.ts';
import { expectClose, golden, toArray } from '../golden/golden.ts';

const { filters } = golden;
const image = toArray(filters.image);

describe.each(['reflect', 'nearest', 'mirror', 'wrap'] as const)('agrees with scipy.ndimage, boundary %s', boundary => {
  test('sobel', () => {
    for (const axis of [0, 1]) expectClose(sobel(image, axis, { boundary }).data, filters.sobel[boundary][axis]!, 1e-6);
  });
  test('sobelMagnitude', () =>
    expectClose(sobelMagnitude(image, { boundary }).data, filters.magnitude[boundary], 1e-6));
  test('laplacian', () => expectClose(laplacian(image, { boundary }).data, filters.laplace[boundary], 1e-6));
});

test('volumes', () => {
  const volume = toArray(filters.volume.image);
  for (const axis of [0, 1, 2]) expectClose(sobel(volume, axis).data, filters.volume.sobel[axis]!, 1e-5);
  expectClose(laplacian(volume).data, filters.volume.laplace, 1e-6);
});

test('an axis of one pixel has no derivative', () => {
  for (const boundary of ['reflect', 'nearest', 'mirror', 'wrap'] as const) {
    const row = ndarray(new Float32Array([1, 5, 2]), [1, 3, 1]);
    expect([...sobel(row, 0, { boundary }).data].map(Math.abs)).toEqual([0, 0, 0]);
  }
});

describe('derivatives by coordinate', () => {
  const shape = [9, 13];
  const options = { aspect: 'keep' } as const;
  const coords = gridCoordinates(shape, options);
  // Channel 0 is y^2 + 3 x, channel 1 is x y: central differences are exact for both, away from the ends.
  const values = ndarray(
    Float64Array.from({ length: 9 * 13 * 2 }, (_, i) => {
      const [y, x] = [coords[2 * (i >> 1)]!, coords[2 * (i >> 1) + 1]!];
      return i % 2 === 0 ? y * y + 3 * x : x * y;
    }),
    [9, 13, 2],
  );

  test('gradient, grouped by axis, y first', () => {
    const gradient = coordinateGradient(values, options);
    expect(gradient.shape).toEqual([9, 13, 4]);
    for (let i = 1; i < 8; i++)
      for (let j = 1; j < 12; j++) {
        const [y, x] = [coords[2 * (i * 13 + j)]!, coords[2 * (i * 13 + j) + 1]!];
        for (const [k, expected] of [2 * y, x, 3, y].entries())
          expect(element(gradient, i, j, k)).toBeCloseTo(expected, 5);
      }
  });

  test('gradient on the border: half the slope if reflected, the whole one if one-sided', () => {
    const ramp = ndarray(new Float32Array([0, 2, 4, 6, 1, 3, 5, 7]), [2, 4, 1]);
    const slopes = (boundary?: 'one-sided') => {
      const gradient = coordinateGradient(ramp, { convention: 'corner-aligned', ...(boundary && { boundary }) });
      return [0, 1].map(k => [0, 1].map(i => [0, 1, 2, 3].map(j => element(gradient, i, j, k))));
    };
    expect(slopes()[1]).toEqual([
      [1.5, 3, 3, 1.5],
      [1.5, 3, 3, 1.5],
    ]);
    expect(slopes('one-sided')).toEqual([
      [
        [0.5, 0.5, 0.5, 0.5],
        [0.5, 0.5, 0.5, 0.5],
      ],
      [
        [3, 3, 3, 3],
        [3, 3, 3, 3],
      ],
    ]);
  });

  test('Laplacian', () => {
    const laplacian = coordinateLaplacian(values, options);
    for (let i = 1; i < 8; i++)
      for (let j = 1; j < 12; j++)
        for (const [c, expected] of [2, 0].entries()) expect(element(laplacian, i, j, c)).toBeCloseTo(expected, 4);
  });

  test('an axis of one point has derivative 0', () => {
    const row = ndarray(new Float32Array([0, 1]), [1, 2, 1]);
    expect([...coordinateGradient(row).data]).toEqual([0, 0.25, 0, 0.25]);
    expect([...coordinateLaplacian(row).data]).toEqual([0.25, -0.25]);
  });
});

test('errors', () => {
  expect(() => sobel(image, 2)).toThrow('sobel: axis must be a grid axis of [6, 7, 2] (channels last), got 2');
  expect(() => laplacian(ndarray(new Float32Array(3), [3]))).toThrow(
    'laplacian: the array must be [...grid, channels] and not empty, got [3]',
  );
});
