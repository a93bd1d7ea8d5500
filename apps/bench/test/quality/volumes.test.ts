import { createRng } from '@neural-fields/core';
import { checkMesh, type Mesh } from '@neural-fields/shapes';
import { expect, test } from 'vitest';
import { signedDistances } from '../../src/quality/mesh-distances.ts';
import { overlapInside } from '../../src/quality/overlap.ts';
import { bunny, readBunny } from '../../src/quality/volume-signals.ts';
import { wave } from '../../src/quality/wave-signal.ts';

/** The box [-a, a] x [-b, b] x [-c, c] of twelve triangles. */
const box = (a: number, b: number, c: number): Mesh => ({
  positions: Float32Array.from(
    Array.from({ length: 8 }, (_, i) => [i & 1 ? a : -a, i & 2 ? b : -b, i & 4 ? c : -c]).flat(),
  ),
  triangles: Uint32Array.of(
    ...[0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4],
    ...[2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5],
  ),
});

test('distances from a box are those of its closed form', () => {
  const half = [0.5, 0.3, 0.8] as const;
  expect(checkMesh(box(...half)).closed).toBe(true);
  const rng = createRng(1);
  const coords = Float32Array.from({ length: 3 * 500 }, () => 2 * rng.uniform() - 1);
  const distances = signedDistances(box(...half), coords);
  for (const [i, distance] of distances.entries()) {
    const beyond = half.map((h, k) => Math.abs(coords[3 * i + k]!) - h);
    const expected = Math.hypot(...beyond.map(x => Math.max(x, 0))) + Math.min(Math.max(...beyond), 0);
    expect(distance).toBeCloseTo(expected, 5);
  }
});

test('distances from the bunny are those of its nearest points', () => {
  const mesh = readBunny();
  expect(checkMesh(mesh).closed).toBe(true);
  expect(Math.max(...mesh.positions.map(Math.abs))).toBeCloseTo(0.9, 5);
  const { positions, triangles } = mesh;
  const corner = (t: number, k: number, axis: number): number => positions[3 * triangles[3 * t + k]! + axis]!;
  // Points of the surface: distances fall to 0 there, and nowhere exceed those from a dense sample of the surface.
  const rng = createRng(2);
  const onSurface = Float32Array.from({ length: 3 * 300 }, (_, i) => {
    const [t, axis] = [Math.floor(i / 3) * 12, i % 3];
    return (corner(t, 0, axis) + corner(t, 1, axis) + corner(t, 2, axis)) / 3;
  });
  for (const distance of signedDistances(mesh, onSurface)) expect(Math.abs(distance)).toBeLessThan(1e-5);
  const coords = Float32Array.from({ length: 3 * 100 }, () => 2 * rng.uniform() - 1);
  const brute = Array.from({ length: 100 }, (_, i) => {
    let least = Number.POSITIVE_INFINITY;
    // A grid of barycentric coordinates on every triangle.
    for (let t = 0; t < triangles.length / 3; t++)
      for (let u = 0; u <= 4; u++)
        for (let v = 0; u + v <= 4; v++) {
          const gap = [0, 1, 2].map(
            axis =>
              (u * corner(t, 0, axis) + v * corner(t, 1, axis) + (4 - u - v) * corner(t, 2, axis)) / 4 -
              coords[3 * i + axis]!,
          );
          least = Math.min(least, Math.hypot(...gap));
        }
    return least;
  });
  for (const [i, distance] of signedDistances(mesh, coords).entries()) {
    expect(Math.abs(distance)).toBeLessThanOrEqual(brute[i]! + 1e-6);
    expect(Math.abs(distance)).toBeGreaterThan(brute[i]! - 0.03);
  }
});

test('the volume of the bunny has its inside, and overlaps compare insides', async () => {
  const { finer, isDistance, values } = await bunny.create(27);
  expect(isDistance).toBe(true);
  expect(values).toHaveLength(9 ** 3);
  const inside = finer.data.filter(value => value < 0).length / finer.data.length;
  // The volume of the mesh in that of the box, 8.
  expect(inside).toBeCloseTo((checkMesh(readBunny()).volume as number) / 8, 2);
  expect(overlapInside(finer.data, finer.data)).toBe(1);
  expect(overlapInside([-1, -1, 1, 1], [-1, 1, -1, Number.NaN])).toBe(1 / 3);
  expect(overlapInside([1], [1])).toBe(1);
  expect(() => overlapInside([1], [1, 2])).toThrow('overlapInside: both need the same number of values, got 1 and 2');
});

test('the wave satisfies its equation outside of source, disc and layer', async () => {
  const { finer, channels } = await wave.create(64);
  expect(channels).toBe(2);
  const [side, values] = [128, finer.data];
  expect(Math.max(...values.map(Math.abs))).toBeCloseTo(1, 6);
  const at = (y: number, x: number, c: number): number => values[2 * (y * side + x) + c]!;
  const step = 2 / side;
  let [residual, size] = [0, 0];
  // Fourth-order differences of the Laplacian, in the lower part between the disc and the layer.
  for (let y = 80; y < 92; y++)
    for (let x = 48; x < 80; x++)
      for (let c = 0; c < 2; c++) {
        const along = (dy: number, dx: number): number =>
          -at(y + 2 * dy, x + 2 * dx, c) +
          16 * at(y + dy, x + dx, c) -
          30 * at(y, x, c) +
          16 * at(y - dy, x - dx, c) -
          at(y - 2 * dy, x - 2 * dx, c);
        const laplacian = (along(1, 0) + along(0, 1)) / (12 * step ** 2);
        residual += (laplacian + 400 * at(y, x, c)) ** 2;
        size += (400 * at(y, x, c)) ** 2;
      }
  expect(Math.sqrt(residual / size)).toBeLessThan(0.01);
});
