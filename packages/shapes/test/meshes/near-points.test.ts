import { createRng } from '@neural-fields/core';
import { expect, test } from 'vitest';
import { checkMesh } from '../../src/meshes/check-mesh.ts';
import { orientMesh } from '../../src/meshes/orient-mesh.ts';
import { weld } from '../../src/meshes/weld.ts';
import type { Mesh } from '../../src/shape.ts';

/**
 * A ball as exporters write it: the poles and the seam are duplicated for each side and rounded differently. It faces
 * inwards.
 */
const roundedBall = (noise: number, parts = 12): Mesh => {
  const rng = createRng(1);
  const points: number[] = [];
  for (let i = 0; i <= parts; i++)
    for (let j = 0; j <= 2 * parts; j++) {
      const [theta, phi] = [(Math.PI * i) / parts, (Math.PI * j) / parts];
      const place = [Math.sin(theta) * Math.cos(phi), Math.sin(theta) * Math.sin(phi), Math.cos(theta)];
      points.push(...place.map(value => value + noise * (rng.uniform() - 0.5)));
    }
  const at = (i: number, j: number): number => i * (2 * parts + 1) + j;
  const triangles: number[] = [];
  for (let i = 0; i < parts; i++)
    for (let j = 0; j < 2 * parts; j++) {
      if (i > 0) triangles.push(at(i, j), at(i, j + 1), at(i + 1, j));
      if (i < parts - 1) triangles.push(at(i, j + 1), at(i + 1, j + 1), at(i + 1, j));
    }
  return { positions: Float32Array.from(points), triangles: Uint32Array.from(triangles) };
};

test.each([0, 1e-16, 1e-7])('a ball whose seam and poles are rounded by %s is closed, and oriented outwards', noise => {
  const { mesh, closedParts, openParts, flippedParts } = orientMesh(roundedBall(noise));
  expect({ closedParts, openParts, flippedParts }).toEqual({ closedParts: 1, openParts: 0, flippedParts: 1 });
  const report = checkMesh(weld({ ...mesh, near: true }));
  expect(report).toMatchObject({ closed: true, boundaryEdges: 0 });
  expect(report.volume).toBeGreaterThan(3.9);
});

test('points farther apart are not merged, nor are those of closed meshes', () => {
  expect(orientMesh(roundedBall(1e-3)).closedParts).toBe(0);
  const tiny = roundedBall(0);
  const exact = weld(tiny);
  // A second, closed body much smaller than the tolerance: it has no open edge, so none of its points are merged.
  const speck = exact.positions.map(value => 1e-7 * value);
  const both = {
    positions: Float32Array.of(...exact.positions, ...speck),
    triangles: Uint32Array.of(...exact.triangles, ...exact.triangles.map(point => point + exact.positions.length / 3)),
  };
  expect(orientMesh(both).closedParts).toBe(2);
});

test('the time stays bounded where many open points are close together', () => {
  const rng = createRng(2);
  const positions = Float32Array.from({ length: 90_000 }, (_, i) =>
    i < 9 ? 1000 * rng.uniform() : 1e-3 * rng.uniform(),
  );
  const mesh = { positions, triangles: Uint32Array.from({ length: 30_000 }, (_, i) => i) };
  expect(orientMesh(mesh).openParts).toBeGreaterThan(0);
});
