import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { resizeImage } from '../../src/images/resize-image.ts';
import { expectClose, golden, toArray } from '../golden/golden.ts';

const picture = toArray(golden.resize.image);

test.each(golden.resize.results)(
  '$kernel to $height x $width agrees with Pillow',
  ({ kernel, height, width, data }) => {
    const resized = resizeImage(picture, { width, height, kernel });
    expect(resized.shape).toEqual([height, width, 1]);
    expectClose(resized.data, data, 1e-6);
  },
);

describe('area', () => {
  test('averages exactly the area that a pixel covers', () => {
    const row = ndarray(new Float32Array([1, 2, 4]), [1, 3, 1]);
    const { data } = resizeImage(row, { width: 2, height: 1, kernel: 'area' });
    expect(data[0]).toBeCloseTo((1 + 0.5 * 2) / 1.5, 6);
    expect(data[1]).toBeCloseTo((0.5 * 2 + 4) / 1.5, 6);
  });

  test('preserves the mean', () => {
    const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 11 }), fc.integer({ min: 1, max: 14 }), (height, width) => {
        expect(mean(resizeImage(picture, { width, height, kernel: 'area' }).data)).toBeCloseTo(mean(picture.data), 5);
      }),
    );
  });

  test('repeats pixels when enlarging', () => {
    const row = ndarray(new Float32Array([1, 2]), [1, 2, 1]);
    expect([...resizeImage(row, { width: 6, height: 1, kernel: 'area' }).data]).toEqual([1, 1, 1, 2, 2, 2]);
  });
});

test('channels do not mix, and the same size changes nothing', () => {
  const image = ndarray(
    Float32Array.from({ length: 4 * 5 * 3 }, (_, i) => (i % 3 === 0 ? 1 : i / 60)),
    [4, 5, 3],
  );
  for (const kernel of ['bilinear', 'bicubic', 'area'] as const) {
    expectClose(resizeImage(image, { width: 5, height: 4, kernel }).data, image.data, 1e-7);
    const grown = resizeImage(image, { width: 9, height: 2, kernel });
    for (let i = 0; i < grown.data.length; i += 3) expect(grown.data[i]).toBeCloseTo(1, 6);
  }
});

test('errors', () => {
  expect(() => resizeImage(picture, { width: 0, height: 2 })).toThrow(
    'resizeImage: width and height must be positive integers, got 0 x 2',
  );
  expect(() => resizeImage(ndarray(new Float32Array(4), [2, 2]), { width: 1, height: 1 })).toThrow('got [2, 2]');
});
