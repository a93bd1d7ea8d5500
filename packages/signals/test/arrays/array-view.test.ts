import fc from 'fast-check';
import ndarray from 'ndarray';
import { expect, test } from 'vitest';
import { assertSameShape, copyElements, elementCount, rowMajorStrides } from '../../src/arrays/array-view.ts';

test('copies any view in row-major order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 3 }),
      fc.boolean(),
      fc.nat(5),
      (shape, flip, order) => {
        const array = ndarray(
          Float64Array.from({ length: elementCount(shape) }, (_, i) => i),
          shape,
        );
        const orders = [
          [0, 1, 2],
          [0, 2, 1],
          [1, 0, 2],
          [1, 2, 0],
          [2, 0, 1],
          [2, 1, 0],
        ];
        const view = array.transpose(...orders[order]!).step(flip ? -1 : 1, 1, flip ? -2 : 2);
        const expected: number[] = [];
        for (let i = 0; i < view.shape[0]!; i++)
          for (let j = 0; j < view.shape[1]!; j++)
            for (let k = 0; k < view.shape[2]!; k++) expected.push(view.get(i, j, k));
        expect([...copyElements(view, new Float64Array(expected.length))]).toEqual(expected);
      },
    ),
  );
});

test('handles arrays without axes or without elements', () => {
  expect([...copyElements({ data: [3, 4], shape: [], stride: [], offset: 1 }, new Float64Array(1))]).toEqual([4]);
  expect([...copyElements({ data: [], shape: [2, 0], stride: [0, 1], offset: 0 }, new Float64Array(0))]).toEqual([]);
});

test('strides', () => expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]));

test('rejects shapes that differ', () => {
  const view = (...shape: number[]) => ndarray(new Float32Array(elementCount(shape)), shape);
  expect(() => assertSameShape('f', view(2, 3), view(3, 2))).toThrow(
    'f: both arrays must have the same shape, got [2, 3] and [3, 2]',
  );
  expect(() => assertSameShape('f', view(2, 3), view(2, 3, 1))).toThrow('got [2, 3] and [2, 3, 1]');
});
