import { createRng } from '@neural-fields/core';
import { describe, expect, test } from 'vitest';
import { type BoundaryOptions, boundary } from '../../src/points/boundary.ts';
import type { Box } from '../../src/points/box.ts';

const FIRST = { step: 1, steps: 1 };
const BOX = [
  [0, 3],
  [-1, 1],
] as const;

/** The number of points on each face, e.g. `0 low`. Fails if a point is on no face, or has a wrong normal. */
const countFaces = (box: Box, options: BoundaryOptions): Record<string, number> => {
  const d = box.length;
  const { coords, targets } = boundary(box, options).draw(0, options.count, createRng(3), FIRST);
  const counts: Record<string, number> = {};
  for (let point = 0; point < options.count; point++) {
    const at = coords.subarray(point * d, (point + 1) * d);
    const normal = [...targets!['normal']!.subarray(point * d, (point + 1) * d)];
    const axis = normal.findIndex(component => component !== 0);
    expect(normal.filter(component => component !== 0)).toHaveLength(1);
    const [low, high] = box[axis]!;
    expect(at[axis]).toBe(normal[axis] === 1 ? high : low);
    for (const [other, [least, most]] of box.entries()) {
      expect(at[other]).toBeGreaterThanOrEqual(least);
      expect(at[other]).toBeLessThanOrEqual(most);
    }
    const face = `${axis} ${normal[axis] === 1 ? 'high' : 'low'}`;
    counts[face] = (counts[face] ?? 0) + 1;
  }
  return counts;
};

describe('boundary', () => {
  test('chooses faces in proportion to their area', () => {
    const counts = countFaces(BOX, { count: 10_000 });
    // The proportions are 2/10, 2/10, 3/10, 3/10; five standard deviations of a binomial count are at most 230.
    for (const [face, share] of Object.entries({ '0 low': 0.2, '0 high': 0.2, '1 low': 0.3, '1 high': 0.3 }))
      expect(Math.abs(counts[face]! - 10_000 * share)).toBeLessThan(230);
  });

  test('is uniform along a face', () => {
    const { coords } = boundary(BOX, { count: 4000, faces: [{ axis: 1, end: 'low' }] }).draw(
      0,
      4000,
      createRng(1),
      FIRST,
    );
    const along = Float64Array.from(coords.filter((_, i) => i % 2 === 0)).sort();
    // Kolmogorov-Smirnov test: the largest distance from the uniform distribution is below 1.95 / sqrt(n) with 99.9 %
    // confidence.
    const distance = Math.max(...along.map((x, i) => Math.abs(x / 3 - (i + 0.5) / 4000)));
    expect(distance).toBeLessThan(1.95 / Math.sqrt(4000));
  });

  test('draws on the given faces only', () => {
    const faces = [
      { axis: 0, end: 'high' },
      { axis: 1, end: 'low' },
    ] as const;
    expect(Object.keys(countFaces(BOX, { count: 100, faces })).sort()).toEqual(['0 high', '1 low']);
  });

  test('draws on the ends of an interval and the faces of a cube', () => {
    expect(Object.keys(countFaces([[2, 5]], { count: 50 })).sort()).toEqual(['0 high', '0 low']);
    const cube = [
      [0, 1],
      [0, 1],
      [0, 1],
    ] as const;
    expect(Object.keys(countFaces(cube, { count: 200 }))).toHaveLength(6);
  });

  test('rejects invalid options', () => {
    expect(() => boundary(BOX, { count: 0 })).toThrow('boundary: count must be a positive integer, got 0');
    expect(() => boundary([[1, 0]], { count: 1 })).toThrow('boundary: box must be [low, high]');
    expect(() => boundary(BOX, { count: 1, faces: [] })).toThrow('boundary: at least one face is needed, got none');
    expect(() => boundary(BOX, { count: 1, faces: [{ axis: 2, end: 'low' }] })).toThrow(
      `boundary: a face must be { axis: 0 to 1, end: 'low' or 'high' }, got {"axis":2,"end":"low"}`,
    );
    const twice = { axis: 0, end: 'low' } as const;
    expect(() => boundary(BOX, { count: 1, faces: [twice, twice] })).toThrow('got {"axis":0,"end":"low"} twice');
  });
});
