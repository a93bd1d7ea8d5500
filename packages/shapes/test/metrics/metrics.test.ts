import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cuboid } from '../../src/analytic/cuboid.ts';
import { gyroid } from '../../src/analytic/gyroid.ts';
import { sphere } from '../../src/analytic/sphere.ts';
import { torus } from '../../src/analytic/torus.ts';
import { insideTest } from '../../src/meshes/inside-test.ts';
import { eikonalError } from '../../src/metrics/eikonal-error.ts';
import { createKdTree } from '../../src/metrics/kd-tree.ts';
import { surfaceDistance } from '../../src/metrics/surface-distance.ts';
import { occupancyBelow, volumeIou } from '../../src/metrics/volume-iou.ts';
import { windingNumber } from '../../src/metrics/winding-number.ts';
import { extractSurface } from '../../src/surfaces/extract-surface.ts';
import { loadBunny, tetrahedron } from '../test-meshes.ts';

test('the k-d tree agrees with a linear search', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer(),
      (count, places, seed) => {
        const rng = createRng(seed);
        // Few distinct coordinates, so many points are equal.
        const positions = Float32Array.from({ length: 3 * count }, () => rng.integer(places));
        const tree = createKdTree(positions);
        for (let query = 0; query < 10; query++) {
          const [x, y, z] = [rng.uniform() * places, rng.integer(places), rng.uniform() * places];
          const squares = Array.from(
            { length: count },
            (_, i) =>
              (positions[3 * i]! - x) ** 2 + (positions[3 * i + 1]! - y) ** 2 + (positions[3 * i + 2]! - z) ** 2,
          );
          const { index, squaredDistance } = tree.nearest(x, y, z);
          expect(squaredDistance).toBe(Math.min(...squares));
          expect(squares[index]).toBe(squaredDistance);
        }
      },
    ),
    { numRuns: 60 },
  );
  expect(() => createKdTree(new Float32Array())).toThrow('at least one point');
});

describe('surfaceDistance', () => {
  test('two points against one, computed by hand', () => {
    const two = { positions: Float32Array.of(0, 0, 0, 3, 4, 0), normals: Float32Array.of(0, 0, 1, 1, 0, 0) };
    const one = { positions: Float32Array.of(0, 0, 0), normals: Float32Array.of(0, 0, -2) };
    expect(surfaceDistance(two, one)).toEqual({
      accuracy: 2.5,
      completeness: 0,
      chamferL1: 1.25,
      chamferL2: 12.5,
      hausdorff: 5,
      normalConsistency: 0.75,
    });
    expect(surfaceDistance({ positions: one.positions }, two)).toEqual({
      accuracy: 0,
      completeness: 2.5,
      chamferL1: 1.25,
      chamferL2: 12.5,
      hausdorff: 5,
    });
  });

  test('respects offsets of either side', () => {
    const [near, far] = [
      { positions: Float32Array.of(1, 0, 0) },
      { positions: Float32Array.of(0, 0, 0), offset: [5e6, 0, 0.25] as const },
    ];
    expect(surfaceDistance({ ...near, offset: [5e6, 0, 0.25] }, far).chamferL1).toBe(1);
    expect(surfaceDistance(near, far).hausdorff).toBeCloseTo(4_999_999, 6);
    expect(surfaceDistance(far, near).hausdorff).toBeCloseTo(4_999_999, 6);
  });

  test('two concentric spheres: the difference of their radii', () => {
    const [a, b] = [
      sphere({ radius: 0.5 }).sample(4000, createRng(1)),
      sphere({ radius: 0.6 }).sample(4000, createRng(2)),
    ];
    const { chamferL1, chamferL2, normalConsistency, hausdorff } = surfaceDistance(a, b);
    // The point spacing is about 0.03, which lengthens the distances by half a percent.
    expect(chamferL1).toBeCloseTo(0.1, 2);
    expect(chamferL1).toBeGreaterThan(0.1);
    expect(chamferL2 / 0.02).toBeCloseTo(1, 1);
    expect(hausdorff).toBeLessThan(0.14);
    expect(normalConsistency).toBeGreaterThan(0.99);
    expect(surfaceDistance(a, a)).toMatchObject({
      chamferL1: 0,
      chamferL2: 0,
      hausdorff: 0,
      normalConsistency: expect.closeTo(1, 6),
    });
  });

  test('normals of length 0 and empty clouds', () => {
    const point = { positions: Float32Array.of(0, 0, 0), normals: new Float32Array(3) };
    expect(() => surfaceDistance(point, point)).toThrow(expect.objectContaining({ problem: 'no-normals' }));
    expect(() => surfaceDistance(point, { positions: new Float32Array() })).toThrow(
      expect.objectContaining({ problem: 'no-points' }),
    );
  });
});

describe('inside and outside', () => {
  const randomPoints = (count: number, seed: number, at: (u: number) => number): Float32Array => {
    const rng = createRng(seed);
    return Float32Array.from({ length: 3 * count }, () => at(rng.uniform()));
  };

  test('a tetrahedron, also where rays meet its edges and vertices', () => {
    // Multiples of 1/8: rays through vertices, edges and along faces.
    const points = randomPoints(4000, 1, u => (Math.floor(u * 14) - 2) / 8 + 1 / 64).map((value, i) =>
      i % 3 === 2 ? value : value - 1 / 64,
    );
    const inside = insideTest(tetrahedron())(points);
    for (let i = 0; i < inside.length; i++) {
      const [x, y, z] = [points[3 * i]!, points[3 * i + 1]!, points[3 * i + 2]!];
      // On its faces x = 0 and y = 0 either answer is right.
      if (x === 0 || y === 0 || x + y + z === 1) continue;
      expect(inside[i], `${x} ${y} ${z}`).toBe(x > 0 && y > 0 && z > 0 && x + y + z < 1 ? 1 : 0);
    }
  });

  test.each([
    ['the bunny', loadBunny(), (u: number) => u * 22 - 11],
    ['a tetrahedron', tetrahedron(), (u: number) => u * 1.4 - 0.2],
  ])('%s: agrees with the winding number', (_, mesh, at) => {
    const points = randomPoints(300, 2, at);
    const inside = insideTest(mesh)(points);
    expect([...windingNumber(mesh, points)].map(value => Math.abs(Math.round(value)))).toEqual([...inside]);
    expect(new Set(inside).size).toBe(2);
  });

  test('an extracted torus agrees with its function, except within a cell of the surface', async () => {
    const shape = torus({ major: 0.6, minor: 0.25 });
    const mesh = await extractSurface(shape, { resolution: 30 });
    const points = randomPoints(3000, 3, u => 2 * u - 1);
    const inside = insideTest(mesh)(points);
    for (const [i, distance] of shape.evaluate(points).entries())
      if (Math.abs(distance) > 2 / 30) expect(inside[i]).toBe(distance < 0 ? 1 : 0);
  });

  test('a mesh with a hole is rejected, but has a winding number', () => {
    const { positions, triangles } = tetrahedron();
    const open = { positions, triangles: triangles.slice(3) };
    expect(() => insideTest(open)).toThrow(expect.objectContaining({ problem: 'not-closed' }));
    const [middle] = windingNumber(open, Float32Array.of(0.2, 0.2, 0.3));
    expect(middle).toBeGreaterThan(0.5);
    expect(middle).toBeLessThan(0.9);
  });
});

describe('volumeIou', () => {
  const iou = (a: number, b: number): Promise<number> =>
    volumeIou(occupancyBelow(sphere({ radius: a })), occupancyBelow(sphere({ radius: b })), {
      rng: createRng(1),
      count: 40_000,
    });

  test('is the ratio of the volumes of two concentric balls', async () => {
    // About 7,000 points in the union: a standard error of 0.006.
    expect(await iou(0.6, 0.7)).toBeCloseTo((0.6 / 0.7) ** 3, 1);
    expect(Math.abs((await iou(0.6, 0.7)) - (0.6 / 0.7) ** 3)).toBeLessThan(0.024);
    expect(await iou(0.5, 0.5)).toBe(1);
  });

  test('disjoint volumes, empty volumes, a mesh, a wrong occupancy', async () => {
    const options = { rng: createRng(1), count: 2000 };
    const left = cuboid({ halfWidths: [0.5, 0.5, 0.5] });
    const none = (coords: Float32Array): Uint8Array => new Uint8Array(coords.length / 3);
    expect(await volumeIou(occupancyBelow(left), none, options)).toBe(0);
    expect(await volumeIou(none, none, options)).toBe(1);
    const mesh = insideTest(await extractSurface(left, { resolution: 31 }));
    expect(await volumeIou(occupancyBelow(left), mesh, options)).toBeGreaterThan(0.9);
    await expect(volumeIou(none, () => [], options)).rejects.toThrow('got 2000 and 0');
  });
});

describe('eikonalError', () => {
  const surface = sphere({ radius: 0.5 }).sample(400, createRng(1));
  const options = { width: 0.2, rng: createRng(2) };

  test('is 0 for a distance, 1 for twice a distance', async () => {
    const ball = sphere({ radius: 0.5 });
    expect((await eikonalError(ball, surface, options)).largest).toBeLessThan(1e-6);
    const twice = {
      evaluate: ball.evaluate,
      gradient: (coords: Float32Array) => ball.gradient(coords).map(value => 2 * value),
    };
    expect(await eikonalError(twice, surface, options)).toEqual({
      mean: expect.closeTo(1, 5),
      largest: expect.closeTo(1, 5),
    });
  });

  test('x^2 + y^2 + z^2 - 1/4 has a gradient of length 2 |x|: a mean of |2r - 1| over r in [0.3, 0.7] is 0.2', async () => {
    const square = {
      evaluate: (coords: Float32Array) => coords,
      gradient: (coords: Float32Array) => coords.map(value => 2 * value),
    };
    // Uniform on [0, 0.4]: a standard error of 0.4 / sqrt(12 * 400).
    const { mean } = await eikonalError(square, surface, options);
    expect(Math.abs(mean - 0.2)).toBeLessThan((4 * 0.4) / Math.sqrt(12 * 400));
  });

  test('errors', async () => {
    const ball = sphere({ radius: 0.5 });
    await expect(eikonalError({ evaluate: ball.evaluate }, surface, options)).rejects.toThrow('gradient');
    await expect(eikonalError(ball, { positions: surface.positions }, options)).rejects.toMatchObject({
      problem: 'no-normals',
    });
    await expect(eikonalError(ball, surface, { ...options, width: -1 })).rejects.toThrow('got -1');
  });
});

describe('analytic shapes', () => {
  test.each([
    ['sphere', sphere({ radius: 0.6 }), 1],
    ['torus', torus({ major: 0.6, minor: 0.25 }), 1],
    ['cuboid', cuboid({ halfWidths: [0.3, 0.5, 0.4] }), 1],
    ['gyroid', gyroid({ period: 1.2 }), (2 * Math.PI * Math.sqrt(3)) / 1.2],
  ] as const)('%s: the gradient matches the value, and samples are on the surface', (_, shape, slope) => {
    const { positions, normals = new Float32Array() } = shape.sample(300, createRng(1));
    for (const value of shape.evaluate(positions)) expect(Math.abs(value)).toBeLessThan(1e-5);
    const rng = createRng(2);
    const h = 1 / 256;
    for (let i = 0; i < 200; i++) {
      const point = [2 * rng.uniform() - 1, 2 * rng.uniform() - 1, 2 * rng.uniform() - 1] as const;
      const gradient = shape.gradient(Float32Array.from(point));
      expect(Math.hypot(...gradient)).toBeLessThan(slope * 1.0001);
      const differences = [0, 1, 2].map(k => {
        const at = (by: number): number =>
          shape.evaluate(Float32Array.from(point, (value, axis) => (axis === k ? value + by : value)))[0]!;
        return (at(h) - at(-h)) / (2 * h);
      });
      // A kink of the distance between the two points would affect the differences only.
      const smooth = Math.abs(Math.hypot(...differences) - Math.hypot(...gradient)) < 0.05 * slope;
      if (smooth)
        for (let k = 0; k < 3; k++)
          expect(Math.abs(gradient[k]! - differences[k]!)).toBeLessThan(0.05 * slope + (slope === 1 ? 0.25 : 0));
    }
    expect(Math.hypot(...normals.subarray(0, 3))).toBeCloseTo(1, 5);
  });

  test('samples of a torus are uniform: each part has a number in proportion to its area', () => {
    const { positions } = torus({ major: 0.6, minor: 0.25 }).sample(20_000, createRng(3));
    const outer = Array.from(
      { length: 20_000 },
      (_, i) => Math.hypot(positions[3 * i]!, positions[3 * i + 1]!) > 0.6,
    ).filter(Boolean).length;
    // Outer half: 1/2 + minor / (pi major).
    const share = 0.5 + 0.25 / (Math.PI * 0.6);
    expect(Math.abs(outer / 20_000 - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 20_000));
  });
});
