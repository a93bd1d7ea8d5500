import { createRng, type PointBatch, type PointSource } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sphere } from '../../src/analytic/sphere.ts';
import { torus } from '../../src/analytic/torus.ts';
import { sampleMesh } from '../../src/sampling/sample-mesh.ts';
import { sdfPoints } from '../../src/sampling/sdf-points.ts';
import { surfacePoints } from '../../src/sampling/surface-points.ts';
import type { Mesh, PointCloud } from '../../src/shape.ts';
import { extractSurface } from '../../src/surfaces/extract-surface.ts';
import { tetrahedron } from '../test-meshes.ts';

const FIRST = { step: 1, steps: 10 };

const cloud = torus({ major: 0.6, minor: 0.25 }).sample(500, createRng(1));
const bare: PointCloud = { positions: cloud.positions };

const SOURCES: readonly (readonly [string, PointSource])[] = [
  ['surfacePoints of a cloud', surfacePoints(cloud, { count: 200 })],
  ['surfacePoints of a mesh', surfacePoints(tetrahedron(), { count: 200 })],
  [
    'surfacePoints of a mesh, with normals of vertices',
    surfacePoints(tetrahedron(), { count: 130, normals: 'vertex' }),
  ],
  ['surfacePoints without normals', surfacePoints(bare, { count: 100, normals: 'none' })],
  ['sdfPoints of a cloud', sdfPoints(cloud, { onSurface: 100 })],
  [
    'sdfPoints of a mesh, with near points',
    sdfPoints(tetrahedron(), { onSurface: 70, offSurface: 90, nearSurface: 50 }),
  ],
  ['sdfPoints without normals', sdfPoints(bare, { onSurface: 65, offSurface: 0, nearSurface: 64, normals: 'none' })],
];

const numbersOf = ({ coords, targets = {} }: PointBatch): Record<string, number[]> =>
  Object.fromEntries(Object.entries({ coords, ...targets }).map(([name, values]) => [name, [...values]]));

describe.each(SOURCES)('%s', (_, source) => {
  const n = source.pointsPerStep;
  const whole = numbersOf(source.draw(0, n, createRng(5), FIRST));

  test('returns arrays of the declared sizes', () => {
    expect(whole['coords']).toHaveLength(3 * n);
    for (const [name, values] of Object.entries(whole)) expect(values).toHaveLength(name === 'surface' ? n : 3 * n);
    expect([source.inFeatures, source.fixed]).toEqual([3, false]);
  });

  test('does not depend on how a step is split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (sizes, shared) => {
          const rng = createRng(5);
          const joined: Record<string, number[]> = {};
          for (let start = 0, i = 0; start < n; i++) {
            const count = Math.min(sizes[i % sizes.length]!, n - start);
            const part = numbersOf(source.draw(start, count, shared ? rng : createRng(5), FIRST));
            for (const [name, values] of Object.entries(part)) joined[name] = [...(joined[name] ?? []), ...values];
            start += count;
          }
          expect(joined).toEqual(whole);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('has different points in another step, and none in an empty chunk', () => {
    expect(numbersOf(source.draw(0, n, createRng(6), FIRST))['coords']).not.toEqual(whole['coords']);
    expect(source.draw(0, 0, createRng(5), FIRST).coords).toHaveLength(0);
  });
});

describe('sampleMesh', () => {
  test('points are on the triangles, uniform by area', () => {
    // A large and a small triangle, 9 : 1, in planes z = 0 and z = 1.
    const mesh: Mesh = {
      positions: Float32Array.of(0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1),
      triangles: Uint32Array.of(0, 1, 2, 3, 5, 4),
    };
    const count = 20_000;
    const { positions, normals = new Float32Array() } = sampleMesh(mesh, { count, rng: createRng(2) });
    const large = Array.from({ length: count }, (_, i) => i).filter(i => positions[3 * i + 2] === 0);
    // A binomial count, within 4 standard deviations.
    expect(Math.abs(large.length / count - 0.9)).toBeLessThan(4 * Math.sqrt(0.09 / count));
    for (let i = 0; i < count; i++) expect(normals[3 * i + 2]).toBe(positions[3 * i + 2] === 0 ? 1 : -1);
    // Uniform on a triangle: the mean is its centre, here (1, 1); the standard deviation of x is 3 / sqrt(18).
    for (const k of [0, 1]) {
      const mean = large.reduce((sum, i) => sum + positions[3 * i + k]!, 0) / large.length;
      expect(Math.abs(mean - 1)).toBeLessThan((4 * 3) / Math.sqrt(18 * large.length));
    }
  });

  test('normals of vertices are those of the sphere; of faces, nearly', async () => {
    const mesh = await extractSurface(sphere({ radius: 0.7 }), { resolution: 20 });
    const cosines = (kind: 'face' | 'vertex'): number[] => {
      const { positions, normals = new Float32Array() } = sampleMesh(mesh, {
        count: 500,
        rng: createRng(3),
        normals: kind,
      });
      return Array.from({ length: 500 }, (_, i) => {
        const [p, q] = [positions.subarray(3 * i, 3 * i + 3), normals.subarray(3 * i, 3 * i + 3)];
        expect(Math.hypot(...q)).toBeCloseTo(1, 5);
        return (p[0]! * q[0]! + p[1]! * q[1]! + p[2]! * q[2]!) / Math.hypot(...p);
      });
    };
    expect(Math.min(...cosines('vertex'))).toBeGreaterThan(0.999);
    expect(Math.min(...cosines('face'))).toBeGreaterThan(0.98);
  });

  test('a larger count extends a smaller one', () => {
    const [few, many] = [10, 100].map(count => sampleMesh(tetrahedron(), { count, rng: createRng(1) }).positions);
    expect([...few!]).toEqual([...many!.subarray(0, 30)]);
  });
});

describe('sdfPoints', () => {
  test('marks points on the surface, with their normals', () => {
    const { coords, targets = {} } = sdfPoints(cloud, {
      onSurface: 200,
      offSurface: 300,
      nearSurface: 100,
      nearDistance: 0.01,
    }).draw(0, 600, createRng(4), FIRST);
    const distances = torus({ major: 0.6, minor: 0.25 }).evaluate(coords);
    const exact = torus({ major: 0.6, minor: 0.25 }).gradient(coords);
    for (let i = 0; i < 600; i++) {
      const on = i < 200;
      expect(targets['surface']![i]).toBe(on ? 1 : 0);
      if (on) expect(distances[i]).toBeCloseTo(0, 5);
      for (let k = 0; k < 3; k++) expect(targets['normal']![3 * i + k]).toBeCloseTo(on ? exact[3 * i + k]! : 0, 4);
    }
    // Near points: a distance across the surface is normal with deviation 0.01; none of 100 exceeds 6 deviations.
    const near = distances.slice(500).map(Math.abs);
    expect(Math.max(...near)).toBeLessThan(0.06);
    expect(near.reduce((sum, value) => sum + value, 0) / 100).toBeGreaterThan(0.004);
    // The uniform points fill the box.
    const off = coords.subarray(600, 1500);
    expect(Math.min(...off)).toBeLessThan(-0.95);
    expect(Math.max(...off)).toBeGreaterThan(0.95);
  });

  test('a custom box', () => {
    const { coords } = sdfPoints(cloud, {
      onSurface: 1,
      offSurface: 200,
      box: [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    }).draw(1, 200, createRng(4), FIRST);
    for (let i = 0; i < coords.length; i++) expect(Math.floor(coords[i]!)).toBe([0, 2, 4][i % 3]);
  });

  test('has no target for normals if there are none', () => {
    expect(
      Object.keys(sdfPoints(bare, { onSurface: 5, normals: 'none' }).draw(0, 10, createRng(1), FIRST).targets ?? {}),
    ).toEqual(['surface']);
  });
});

describe('errors', () => {
  test.each([
    [() => sdfPoints(bare, { onSurface: 5 }), 'no-normals'],
    [() => surfacePoints({ ...bare, normals: new Float32Array(bare.positions.length) }, { count: 5 }), 'no-normals'],
    [() => sdfPoints({ positions: new Float32Array() }, { onSurface: 5 }), 'no-points'],
    [() => sampleMesh({ ...bare, triangles: new Uint32Array() }, { count: 5, rng: createRng(1) }), 'no-normals'],
    [
      () =>
        sampleMesh(
          { positions: new Float32Array(9), triangles: Uint32Array.of(0, 1, 2) },
          { count: 5, rng: createRng(1) },
        ),
      'no-triangles',
    ],
    [() => surfacePoints({ ...tetrahedron(), triangles: Uint32Array.of(0, 1, 9) }, { count: 5 }), 'bad-index'],
  ])('%s', (make, problem) => {
    expect(make).toThrow(expect.objectContaining({ problem }));
  });

  test.each([
    [() => sdfPoints(cloud, { onSurface: 0 }), 'sdfPoints: onSurface must be a positive integer, got 0'],
    [() => sdfPoints(cloud, { onSurface: 1, offSurface: -1 }), 'sdfPoints: offSurface must be an integer >= 0, got -1'],
    [
      () => sdfPoints(cloud, { onSurface: 1, nearDistance: 0 }),
      'sdfPoints: nearDistance must be a positive number, got 0',
    ],
    [() => surfacePoints(cloud, { count: 1.5 }), 'surfacePoints: count must be a positive integer, got 1.5'],
  ])('%s', (make, message) => {
    expect(make).toThrow(message);
  });
});

test('a shape far from the origin can be sampled, but must be mapped into the box before a fit', () => {
  const mesh = { ...tetrahedron(), offset: [5e6, 0, 0] as const };
  expect(sampleMesh(mesh, { count: 3, rng: createRng(1) })).toEqual({
    ...sampleMesh(tetrahedron(), { count: 3, rng: createRng(1) }),
    offset: [5e6, 0, 0],
  });
  expect(() => sdfPoints(mesh, { onSurface: 1 })).toThrow(
    'sdfPoints: the shape is far from the origin, at 5000000, 0, 0',
  );
  expect(() => surfacePoints(mesh, { count: 1 })).toThrow('apply its unitBox first');
});
