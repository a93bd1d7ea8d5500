import { createRng, type PointSource } from '@neural-fields/core';
import { describe, expect, test } from 'vitest';
import { boundary } from '../../src/points/boundary.ts';
import { uniform } from '../../src/points/uniform.ts';
import { union } from '../../src/points/union.ts';

const FIRST = { step: 1, steps: 1 };
const BOX = [
  [0, 1],
  [0, 1],
] as const;

const constant = (count: number, value: number, targets: Record<string, number>): PointSource => ({
  inFeatures: 1,
  pointsPerStep: count,
  fixed: true,
  draw: (_, n) => ({
    coords: new Float32Array(n).fill(value),
    targets: Object.fromEntries(
      Object.entries(targets).map(([name, width]) => [name, new Float32Array(n * width).fill(value)]),
    ),
  }),
});

describe('union', () => {
  test('concatenates the points of its sources with markers, and zeros for targets that a source lacks', () => {
    const points = union({ low: constant(2, 5, { value: 1 }), high: constant(3, 7, { value: 1, pair: 2 }) });
    expect([points.inFeatures, points.pointsPerStep, points.fixed]).toEqual([1, 5, true]);
    const { coords, targets } = points.draw(0, 5, createRng(1), FIRST);
    expect([...coords]).toEqual([5, 5, 7, 7, 7]);
    expect(Object.fromEntries(Object.entries(targets ?? {}).map(([name, values]) => [name, [...values]]))).toEqual({
      low: [1, 1, 0, 0, 0],
      high: [0, 0, 1, 1, 1],
      value: [5, 5, 7, 7, 7],
      pair: [0, 0, 0, 0, 7, 7, 7, 7, 7, 7],
    });
  });

  test('has all targets in a chunk of a single source', () => {
    const points = union({ inside: uniform(BOX, { count: 8 }), edge: boundary(BOX, { count: 8 }) });
    const { targets } = points.draw(0, 4, createRng(1), FIRST);
    expect(Object.keys(targets ?? {})).toEqual(['inside', 'edge', 'normal']);
    expect([...targets!['normal']!]).toEqual(new Array(8).fill(0));
  });

  test('draws each source from independent random numbers', () => {
    const points = union({ one: uniform(BOX, { count: 5 }), two: uniform(BOX, { count: 5 }) });
    const { coords } = points.draw(0, 10, createRng(1), FIRST);
    expect(new Set(coords).size).toBe(20);
  });

  test('passes the step to its sources', () => {
    const seen: unknown[] = [];
    const watching: PointSource = {
      ...uniform(BOX, { count: 3 }),
      draw: (_start, count, _rng, at) => {
        seen.push(at);
        return { coords: new Float32Array(2 * count) };
      },
    };
    union({ watching }).draw(0, 3, createRng(1), { step: 4, steps: 9 });
    for (const at of seen) expect(at).toEqual({ step: 4, steps: 9 });
    expect(seen.length).toBeGreaterThan(0);
  });

  test('rejects sources that do not match', () => {
    expect(() => union({})).toThrow('union: at least one source is needed, got none');
    expect(() => union({ a: uniform(BOX, { count: 1 }), b: uniform([[0, 1]], { count: 1 }) })).toThrow(
      "union: the points of 'b' must have 2 coordinates, got 1",
    );
    const clash = union({ value: constant(1, 1, {}), other: constant(1, 1, { value: 1 }) });
    expect(() => clash.draw(0, 2, createRng(1), FIRST)).toThrow(
      "union: 'value' is both a source and a target of 'other'; rename one of them",
    );
    const widths = union({ a: constant(1, 1, { value: 1 }), b: constant(1, 1, { value: 2 }) });
    expect(() => widths.draw(0, 2, createRng(1), FIRST)).toThrow(
      "union: target 'value' of 'b' must have width 1 as in other sources, got 2",
    );
  });
});
