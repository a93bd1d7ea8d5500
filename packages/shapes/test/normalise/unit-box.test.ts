import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applySimilarity,
  formatSimilarity,
  inverseSimilarity,
  parseSimilarity,
  unitBox,
} from '../../src/normalise/unit-box.ts';
import { loadBunny } from '../test-meshes.ts';

const extremes = (values: Float32Array): [number, number] => [Math.min(...values), Math.max(...values)];

describe('unitBox', () => {
  test('the method mean of the SIREN authors, written out for three points', () => {
    // Mean (2, 2, 0); differences from -2 to 4 over all axes.
    const positions = Float32Array.of(0, 0, 0, 6, 2, 0, 0, 4, 0);
    const { scale, offset } = unitBox({ positions }, { margin: 0 });
    expect(scale).toBeCloseTo(2 / 6, 12);
    const back = (x: number, mean: number): number => ((x - mean + 2) / 6 - 0.5) * 2;
    expect(
      [...applySimilarity({ positions }, { scale, offset }).positions].map(
        (value, i) => value - back(positions[i]!, i % 3 < 2 ? 2 : 0),
      ),
    ).toEqual(Array.from({ length: 9 }, () => expect.closeTo(0, 6)));
  });

  test.each(['mean', 'box'] as const)('%s: any points fit in the box, and touch its margin', method => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: -50, max: 50 }),
            fc.integer({ min: -9, max: 9 }),
            fc.integer({ min: 900, max: 950 }),
          ),
          { minLength: 2, maxLength: 30 },
        ),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (points, margin) => {
          const positions = Float32Array.from(points.flat());
          fc.pre(new Set(points.map(String)).size > 1);
          const [low, high] = extremes(
            applySimilarity({ positions }, unitBox({ positions }, { margin, method })).positions,
          );
          expect(low).toBeCloseTo(-(1 - margin), 4);
          expect(high).toBeCloseTo(1 - margin, 4);
        },
      ),
    );
  });

  test('keeps the aspect, normals and triangles', () => {
    const bunny = { ...loadBunny(), normals: new Float32Array(loadBunny().positions.length) };
    const similarity = unitBox(bunny);
    const moved = applySimilarity(bunny, similarity);
    expect(moved.normals).toBe(bunny.normals);
    expect(moved.triangles).toBe(bunny.triangles);
    const rng = createRng(1);
    const distance = (values: Float32Array, a: number, b: number): number =>
      Math.hypot(
        values[3 * a]! - values[3 * b]!,
        values[3 * a + 1]! - values[3 * b + 1]!,
        values[3 * a + 2]! - values[3 * b + 2]!,
      );
    for (let i = 0; i < 20; i++) {
      const [a, b] = [rng.integer(1839), rng.integer(1839)];
      expect(distance(moved.positions, a, b)).toBeCloseTo(similarity.scale * distance(bunny.positions, a, b), 5);
    }
  });

  test('can be inverted, also after formatting and parsing', () => {
    const { positions } = loadBunny();
    const similarity = unitBox({ positions });
    const there = applySimilarity({ positions }, similarity);
    const back = applySimilarity(there, inverseSimilarity(parseSimilarity(formatSimilarity(similarity)))).positions;
    for (const [i, value] of back.entries()) expect(value).toBeCloseTo(positions[i]!, 4);
    expect(parseSimilarity(formatSimilarity(similarity))).toEqual(similarity);
  });

  test('maps a shape far from the origin to the box and back, to a millionth of its size', () => {
    const offset = [694_386, 5_155_488, 381] as const;
    const { positions } = loadBunny();
    const shape = { positions: positions.map(value => value / 10), offset };
    const similarity = unitBox(shape, { margin: 0 });
    const there = applySimilarity(shape, similarity);
    expect(there).not.toHaveProperty('offset');
    expect(extremes(there.positions)).toEqual([expect.closeTo(-1, 6), expect.closeTo(1, 6)]);
    const back = applySimilarity(there, inverseSimilarity(parseSimilarity(formatSimilarity(similarity))));
    const size = 2 / similarity.scale;
    for (const [i, value] of back.positions.entries())
      expect(Math.abs(back.offset![i % 3]! - offset[i % 3]! + value - shape.positions[i]!) / size).toBeLessThan(1e-6);
  });

  test('rejects shapes that cannot be scaled', () => {
    expect(() => unitBox({ positions: Float32Array.of(1, 2, 3, 1, 2, 3) })).toThrow('all 2 points coincide');
    expect(() => unitBox({ positions: new Float32Array() })).toThrow('at least one point');
    expect(() => unitBox({ positions: Float32Array.of(0, 0, 0, 1, 1, 1) }, { margin: 1 })).toThrow(
      'margin must be in [0, 1), got 1',
    );
  });

  test.each([
    '',
    '{}',
    '{"scale":0,"offset":[0,0,0]}',
    '{"scale":1,"offset":[0,0]}',
    '{"scale":1,"offset":[0,0,"x"]}',
    'null',
  ])('rejects %s as a similarity', text => {
    expect(() => parseSimilarity(text)).toThrow(TypeError);
  });
});
