import { createRng } from '@neural-fields/core';
import { describe, expect, test } from 'vitest';
import { checkMesh } from '../../src/meshes/check-mesh.ts';
import { orientMesh } from '../../src/meshes/orient-mesh.ts';
import { vertexNormals } from '../../src/meshes/vertex-normals.ts';
import { weld } from '../../src/meshes/weld.ts';
import { windingNumber } from '../../src/metrics/winding-number.ts';
import type { Mesh } from '../../src/shape.ts';
import { cube, flipped, joinMeshes, split } from '../test-meshes.ts';

const middle = (mesh: Mesh, ...points: readonly (readonly [number, number, number])[]): number[] =>
  [...windingNumber(mesh, Float32Array.from(points.flat()))].map(winding => Math.round(winding) + 0);

/** Flips some triangles at random. */
const scrambled = (mesh: Mesh, seed: number, share: number): Mesh => {
  const rng = createRng(seed);
  const triangles = mesh.triangles.slice();
  for (let i = 0; i < triangles.length; i += 3)
    if (rng.uniform() < share) [triangles[i + 1], triangles[i + 2]] = [triangles[i + 2]!, triangles[i + 1]!];
  return { ...mesh, triangles };
};

describe('orientMesh', () => {
  test('returns a mesh that faces outwards as the same object', () => {
    const mesh = cube(1);
    const { mesh: same, ...counts } = orientMesh(mesh);
    expect(same).toBe(mesh);
    expect(counts).toEqual({
      closedParts: 1,
      openParts: 0,
      flippedTriangles: 0,
      flippedParts: 0,
      buriedParts: 0,
      nestingKnown: true,
    });
  });

  test('flips a closed mesh whose triangles share no vertices, without changing its vertices', () => {
    const inside = split(flipped(cube(1)));
    const { mesh, closedParts, flippedParts } = orientMesh(inside);
    expect([closedParts, flippedParts]).toEqual([1, 1]);
    expect(mesh.positions).toBe(inside.positions);
    expect(checkMesh(weld(mesh))).toMatchObject({ closed: true, volume: 1 });
  });

  test('orients separate bodies independently', () => {
    const { mesh, closedParts, flippedParts } = orientMesh(
      joinMeshes(cube(1), flipped(cube(3, [10, 0, 0])), cube(2, [0, 10, 0])),
    );
    expect([closedParts, flippedParts]).toEqual([3, 1]);
    expect(checkMesh(mesh).volume).toBeCloseTo(1 + 27 + 8, 9);
  });

  test('treats bodies that touch in an edge or a face as separate', () => {
    const touching = joinMeshes(cube(1), flipped(cube(1, [1, 1, 0])), flipped(cube(2, [-3, 0, 0])));
    const { mesh, flippedParts } = orientMesh(weld(touching));
    expect(flippedParts).toBe(2);
    expect(checkMesh(mesh).volume).toBeCloseTo(10, 9);
  });

  const shell = (outer: boolean, inner: boolean): Mesh =>
    joinMeshes(outer ? cube(9) : flipped(cube(9)), inner ? cube(3) : flipped(cube(3)));
  const [wall, hollow] = [
    [4, 0, 0.1],
    [0, 0, 0.1],
  ] as const;

  test('keeps a cavity, whatever the orientation of the whole file', () => {
    for (const file of [shell(true, false), shell(false, true)])
      expect(middle(orientMesh(file).mesh, wall, hollow)).toEqual([1, 0]);
    expect(orientMesh(shell(true, false)).flippedParts).toBe(0);
    expect(orientMesh(shell(false, true)).flippedParts).toBe(2);
  });

  test('keeps and reports a body inside another with the same orientation', () => {
    for (const file of [shell(true, true), shell(false, false)]) {
      const { mesh, buriedParts } = orientMesh(file);
      expect(middle(mesh, wall, hollow)).toEqual([1, 2]);
      expect(buriedParts).toBe(1);
    }
  });

  test('gives no point a negative winding number: a body that floats in a cavity', () => {
    for (const ball of [cube(1), flipped(cube(1))]) {
      const { mesh } = orientMesh(joinMeshes(ball, cube(9), flipped(cube(5))));
      expect(middle(mesh, wall, [2, 0, 0.1], hollow)).toEqual([1, 0, 1]);
    }
  });

  test('makes inconsistent triangles consistent', () => {
    for (const share of [0.2, 0.5, 0.8]) {
      const { mesh, flippedTriangles } = orientMesh(
        split(scrambled(joinMeshes(cube(1), cube(1, [5, 0, 0])), 3, share)),
      );
      expect(flippedTriangles).toBeGreaterThan(0);
      expect(checkMesh(weld(mesh))).toMatchObject({ closed: true, volume: expect.closeTo(2, 9) });
    }
  });

  test('an open part keeps the orientation of most of its area', () => {
    const open = { ...cube(1), triangles: flipped(cube(1)).triangles.slice(6) };
    const { mesh, openParts, flippedTriangles } = orientMesh(open);
    expect([openParts, flippedTriangles]).toEqual([1, 0]);
    expect(mesh).toBe(open);
    const one = open.triangles.slice();
    [one[1], one[2]] = [one[2]!, one[1]!];
    expect(orientMesh({ ...open, triangles: one })).toMatchObject({
      flippedTriangles: 1,
      mesh: { triangles: open.triangles },
    });
  });

  test('does not change a Möbius strip, which is not orientable', () => {
    const positions = Float32Array.from({ length: 3 * 16 }, (_, i) => {
      const [k, edge] = [Math.floor(i / 6), Math.floor(i / 3) % 2 === 0 ? -1 : 1];
      const angle = (2 * Math.PI * k) / 8;
      const radius = 3 + edge * Math.cos(angle / 2);
      return [radius * Math.cos(angle), radius * Math.sin(angle), edge * Math.sin(angle / 2)][i % 3]!;
    });
    const at = (k: number, edge: number): number => 2 * (k % 8) + (k >= 8 ? 1 - edge : edge);
    const triangles = Uint32Array.from(
      Array.from({ length: 8 }, (_, k) => [
        at(k, 0),
        at(k + 1, 0),
        at(k, 1),
        at(k, 1),
        at(k + 1, 0),
        at(k + 1, 1),
      ]).flat(),
    );
    const strip = { positions, triangles };
    expect(orientMesh(strip)).toMatchObject({ mesh: strip, openParts: 1, closedParts: 0, flippedTriangles: 0 });
  });

  test('makes normals agree with the triangles, and keeps those that already do', () => {
    const right = { ...cube(1), normals: vertexNormals(cube(1)) };
    const inverted = flipped(right);
    expect(orientMesh(inverted).mesh.normals).toEqual(right.normals);
    expect(orientMesh({ ...inverted, normals: right.normals.map(c => -c) }).mesh.normals).toEqual(right.normals);
  });

  test('orients thousands of bodies in proportionate time', () => {
    const cubes = Array.from({ length: 4000 }, (_, i) => {
      const one = cube(0.5, [i % 20, Math.floor(i / 20) % 20, Math.floor(i / 400)]);
      return i % 2 === 0 ? one : flipped(one);
    });
    const { mesh, flippedParts, nestingKnown } = orientMesh(joinMeshes(...cubes));
    expect([flippedParts, nestingKnown]).toEqual([2000, true]);
    expect(checkMesh(mesh).volume).toBeCloseTo(4000 / 8, 6);
  });

  test('orients too many nested bodies by their total volume', () => {
    const nested = Array.from({ length: 1500 }, (_, i) => flipped(cube(1 + i / 1000)));
    const { mesh, flippedParts, nestingKnown } = orientMesh(joinMeshes(...nested));
    expect([flippedParts, nestingKnown]).toEqual([1500, false]);
    expect(checkMesh(mesh).volume).toBeGreaterThan(0);
  });
});
