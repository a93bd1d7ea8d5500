import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  alongAxis,
  cosineTransform,
  inverseCosineTransform,
  inverseSineTransform,
  type LineTransform,
  sineTransform,
} from '../../src/poisson/transforms.ts';
import { largestDifference } from '../grids.ts';

const lines = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 });

const sum = (line: Float64Array, basis: (k: number, j: number, n: number) => number): Float64Array =>
  line.map((_, k) => line.reduce((total, value, j) => total + value * basis(k, j, line.length), 0));

it.each([
  {
    name: 'cosine',
    forward: cosineTransform,
    inverse: inverseCosineTransform,
    basis: (k: number, j: number, n: number) => Math.cos((Math.PI * k * (j + 0.5)) / n),
  },
  {
    name: 'sine',
    forward: sineTransform,
    inverse: inverseSineTransform,
    basis: (k: number, j: number, n: number) => Math.sin((Math.PI * (k + 1) * (j + 1)) / (n + 1)),
  },
])('the $name transform agrees with its defining sum, and is inverted', ({ forward, inverse, basis }) => {
  fc.assert(
    fc.property(lines, values => {
      const line = Float64Array.from(values);
      expect(largestDifference(forward(line), sum(line, basis))).toBeLessThan(1e-11);
      expect(largestDifference(inverse(forward(line)), line)).toBeLessThan(1e-12);
    }),
  );
});

it('alongAxis transforms the lines along the given axis', () => {
  const negative: LineTransform = line => line.map((value, i) => (i === 0 ? -value : value));
  const data = Float64Array.from({ length: 12 }, (_, i) => i + 1);
  alongAxis(data, [2, 3, 2], 1, negative);
  expect([...data]).toEqual([-1, -2, 3, 4, 5, 6, -7, -8, 9, 10, 11, 12]);
});
