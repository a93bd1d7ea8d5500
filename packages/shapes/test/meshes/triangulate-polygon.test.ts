import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { triangulatePolygon } from '../../src/meshes/triangulate-polygon.ts';

type Point = readonly [number, number, number];
type Flat = readonly (readonly [number, number])[];

const numbers = (points: readonly Point[]): Float64Array => Float64Array.from(points.flat());

/** Maps points of the plane to a plane in space, orthonormally, so that areas do not change. */
const inSpace = (flat: Flat, turn: number): Point[] => {
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return flat.map(([x, y]) => [c * x + 5, y - 2, s * x + 1]);
};

/** The triangles' areas by Heron's formula, which has no sign. */
const areaOf = (points: readonly Point[], triangles: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const side = (a: number, b: number): number => Math.hypot(...[0, 1, 2].map(k => points[a]![k]! - points[b]![k]!));
    const [a, b, c] = [triangles[i]!, triangles[i + 1]!, triangles[i + 2]!];
    const [u, v, w] = [side(a, b), side(b, c), side(c, a)];
    const half = (u + v + w) / 2;
    sum += Math.sqrt(Math.max(0, half * (half - u) * (half - v) * (half - w)));
  }
  return sum;
};

/** The area by the shoelace formula. */
const shoelace = (flat: Flat): number =>
  Math.abs(
    flat.reduce((sum, [x, y], i) => sum + x * flat[(i + 1) % flat.length]![1] - flat[(i + 1) % flat.length]![0] * y, 0),
  ) / 2;

/**
 * Expects each edge of the ring in one triangle, in its direction, and each other edge in two, in opposite directions.
 */
const expectConforming = (size: number, triangles: ArrayLike<number>): void => {
  const edges = new Map<string, number>();
  for (let i = 0; i < triangles.length; i += 3)
    for (let k = 0; k < 3; k++) {
      const edge = `${triangles[i + k]} ${triangles[i + ((k + 1) % 3)]}`;
      edges.set(edge, (edges.get(edge) ?? 0) + 1);
    }
  for (let i = 0; i < size; i++) expect(edges.get(`${i} ${(i + 1) % size}`)).toBe(1);
  for (const [edge, count] of edges) {
    const [from, to] = edge.split(' ').map(Number) as [number, number];
    expect(count).toBe(1);
    if (to !== (from + 1) % size) expect(edges.get(`${to} ${from}`)).toBe(1);
  }
  expect(triangles).toHaveLength(3 * (size - 2));
};

const U: Flat = [
  [2, 3],
  [2, 1],
  [1, 1],
  [1, 3],
  [0, 3],
  [0, 0],
  [3, 0],
  [3, 3],
];
const polygons: readonly (readonly [string, Flat])[] = [
  ['a U', U],
  ['a U with the opposite orientation', U.toReversed()],
  [
    'a U with vertices within its sides',
    [
      [2, 3],
      [2, 2],
      [2, 1],
      [1.5, 1],
      [1, 1],
      [1, 3],
      [0, 3],
      [0, 1],
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
      [3, 3],
    ],
  ],
  [
    'a square with vertices within its sides',
    [
      [0, 0],
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
      [1, 2],
      [0, 2],
      [0, 1],
    ],
  ],
  [
    'a dart',
    [
      [0, 0],
      [2, 1],
      [0, 2],
      [1, 1],
    ],
  ],
  [
    'an L with three collinear vertices',
    [
      [0, 0],
      [2, 0],
      [2, 1],
      [1, 1],
      [1, 2],
      [0, 2],
    ],
  ],
  [
    'a square with a hole, connected by a slit',
    [
      [0, 0],
      [3, 0],
      [3, 3],
      [0, 3],
      [0, 0],
      [1, 1],
      [1, 2],
      [2, 2],
      [2, 1],
      [1, 1],
    ],
  ],
  [
    'a comb',
    Array.from({ length: 41 }, (_, i): readonly [number, number] =>
      i === 40 ? [20, -1] : [i / 2, i % 2 === 0 ? 0 : 3],
    ).concat([[0, -1]]),
  ],
];

describe('triangulatePolygon', () => {
  test.each(polygons)('%s: the area is right, and there are no cracks', (_, flat) => {
    for (let first = 0; first < flat.length; first++)
      for (const turn of [0, 0.7, Math.PI / 2]) {
        const points = inSpace([...flat.slice(first), ...flat.slice(0, first)], turn);
        const { triangles, crosses } = triangulatePolygon(numbers(points));
        expect(crosses).toBe(false);
        expect(areaOf(points, triangles)).toBeCloseTo(shoelace(flat), 9);
        expectConforming(flat.length, triangles);
      }
  });

  test('a convex polygon becomes a fan from its first vertex', () => {
    const flat = Array.from({ length: 6 }, (_, i) => [Math.cos(i), Math.sin(i)] as const);
    expect(Array.from(triangulatePolygon(numbers(inSpace(flat, 0))).triangles)).toEqual([
      0, 1, 2, 0, 2, 3, 0, 3, 4, 0, 4, 5,
    ]);
  });

  test('any star around a point: area and edges', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 60 }),
        fc.integer(),
        fc.double({ min: 0, max: 1.5, noNaN: true }),
        (size, seed, turn) => {
          const rng = createRng(seed);
          const flat = Array.from({ length: size }, (_, i): readonly [number, number] => {
            const [radius, angle] = [0.2 + rng.uniform(), (2 * Math.PI * i) / size];
            return [radius * Math.cos(angle), radius * Math.sin(angle)];
          });
          const points = inSpace(flat, turn);
          const { triangles } = triangulatePolygon(numbers(points));
          expect(areaOf(points, triangles)).toBeCloseTo(shoelace(flat), 9);
          expectConforming(size, triangles);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a self-intersecting polygon is reported, and still has all of its edges', () => {
    const bow = inSpace(
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1.5],
      ],
      0.3,
    );
    const { triangles, crosses } = triangulatePolygon(numbers(bow));
    expect(crosses).toBe(true);
    expectConforming(4, triangles);
  });

  test('collinear vertices give triangles of area 0', () => {
    const points: Point[] = [
      [0, 0, 0],
      [1, 1, 1],
      [3, 3, 3],
      [2, 2, 2],
    ];
    const { triangles } = triangulatePolygon(numbers(points));
    expect(triangles).toHaveLength(6);
    expect(areaOf(points, triangles)).toBeCloseTo(0, 6);
  });

  test('the work is reported in advance for concave polygons', () => {
    const work: number[] = [];
    triangulatePolygon(numbers(inSpace(U, 0)), squares => work.push(squares));
    triangulatePolygon(
      numbers(
        inSpace(
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 1],
          ],
          0,
        ),
      ),
      squares => work.push(squares),
    );
    expect(work).toEqual([64]);
  });
});
