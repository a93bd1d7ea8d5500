import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sphere } from '../../src/analytic/sphere.ts';
import { checkMesh } from '../../src/meshes/check-mesh.ts';
import { vertexNormals } from '../../src/meshes/vertex-normals.ts';
import { weld } from '../../src/meshes/weld.ts';
import type { Mesh } from '../../src/shape.ts';
import { extractSurface } from '../../src/surfaces/extract-surface.ts';
import { joinMeshes, tetrahedron } from '../test-meshes.ts';

const moved = (mesh: Mesh, by: number): Mesh => ({ ...mesh, positions: mesh.positions.map(value => value + by) });

describe('checkMesh', () => {
  test('a tetrahedron', () => {
    expect(checkMesh(tetrahedron())).toEqual({
      vertices: 4,
      edges: 6,
      triangles: 4,
      closed: true,
      manifold: true,
      boundaryEdges: 0,
      nonManifoldEdges: 0,
      inconsistentEdges: 0,
      nonManifoldVertices: 0,
      degenerateTriangles: 0,
      duplicateVertices: 0,
      eulerCharacteristic: 2,
      components: 1,
      area: expect.closeTo(1.5 + Math.sqrt(3) / 2, 12),
      volume: expect.closeTo(1 / 6, 12),
    });
  });

  test('counts boundary, inconsistent and non-manifold edges', () => {
    const { positions, triangles } = tetrahedron();
    expect(checkMesh({ positions, triangles: triangles.slice(3) })).toMatchObject({
      closed: false,
      boundaryEdges: 3,
      inconsistentEdges: 0,
    });
    const turned = Uint32Array.of(0, 1, 2, ...triangles.subarray(3));
    expect(checkMesh({ positions, triangles: turned })).toMatchObject({
      closed: false,
      boundaryEdges: 0,
      inconsistentEdges: 3,
    });
    expect(checkMesh({ positions, triangles: Uint32Array.of(...triangles, 0, 1, 2) })).toMatchObject({
      closed: false,
      nonManifoldEdges: 3,
    });
    expect(checkMesh({ positions, triangles: triangles.toReversed() }).volume).toBeCloseTo(-1 / 6, 12);
  });

  test('two tetrahedra that share a vertex are closed but not manifold', () => {
    const two = weld(
      joinMeshes(tetrahedron(), {
        ...tetrahedron(),
        positions: tetrahedron().positions.map(value => -value),
        triangles: tetrahedron().triangles.toReversed(),
      }),
    );
    expect(checkMesh(two)).toMatchObject({
      vertices: 7,
      closed: true,
      manifold: false,
      nonManifoldVertices: 1,
      components: 1,
    });
  });

  test('counts components, duplicates and degenerate triangles, and ignores unused vertices', () => {
    expect(checkMesh(joinMeshes(tetrahedron(), moved(tetrahedron(), 5), moved(tetrahedron(), 9)))).toMatchObject({
      components: 3,
      eulerCharacteristic: 6,
      duplicateVertices: 0,
    });
    expect(checkMesh(joinMeshes(tetrahedron(), tetrahedron())).duplicateVertices).toBe(4);
    const { positions, triangles } = tetrahedron();
    expect(checkMesh({ positions: Float32Array.of(...positions, 7, 7, 7), triangles })).toMatchObject({
      vertices: 4,
      components: 1,
    });
    expect(
      checkMesh({ positions: Float32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2), triangles: Uint32Array.of(0, 1, 2) })
        .degenerateTriangles,
    ).toBe(1);
  });

  test('volume and area are invariant under translation, and scale', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8, max: 8 }), fc.integer({ min: 1, max: 8 }), (by, scale) => {
        const { positions, triangles } = tetrahedron();
        const report = checkMesh({ positions: positions.map(value => scale * value + by), triangles });
        expect(report.volume).toBeCloseTo(scale ** 3 / 6, 6);
        expect(report.area).toBeCloseTo(scale ** 2 * (1.5 + Math.sqrt(3) / 2), 6);
      }),
    );
  });

  test('rejects invalid meshes', () => {
    expect(() => checkMesh({ positions: Float32Array.of(0, 0, 0), triangles: new Uint32Array() })).toThrow(
      'at least one triangle',
    );
  });
});

test('vertex normals of a sphere point away from its centre', async () => {
  const mesh = await extractSurface(sphere({ radius: 0.7 }), { resolution: 24, normals: false });
  const normals = vertexNormals(mesh);
  for (let i = 0; i < normals.length; i += 3) {
    const dot =
      (normals[i]! * mesh.positions[i]! +
        normals[i + 1]! * mesh.positions[i + 1]! +
        normals[i + 2]! * mesh.positions[i + 2]!) /
      0.7;
    expect(dot).toBeGreaterThan(0.98);
  }
});

describe('weld', () => {
  test('joins a mesh that was split into single triangles', async () => {
    const mesh = await extractSurface(sphere({ radius: 0.7 }), { resolution: 10 });
    const soup = {
      positions: Float32Array.from([...mesh.triangles].flatMap(at => [...mesh.positions.subarray(3 * at, 3 * at + 3)])),
    };
    expect(checkMesh(weld(soup))).toMatchObject({
      closed: true,
      eulerCharacteristic: 2,
      vertices: mesh.positions.length / 3,
    });
  });

  test('merges exactly the points with equal positions', () => {
    const rng = createRng(3);
    const positions = Float32Array.from({ length: 3000 }, () => rng.integer(5) - 2);
    const keys = new Set(
      Array.from({ length: 1000 }, (_, i) => [...positions.subarray(3 * i, 3 * i + 3)].map(value => value + 0).join()),
    );
    expect(weld({ positions, triangles: new Uint32Array() }).positions).toHaveLength(3 * keys.size);
  });

  test('treats -0 as 0, and removes triangles that degenerate', () => {
    const mesh = weld({ positions: Float32Array.of(0, 0, 0, -0, 0, -0, 1, 1, 1) });
    expect([mesh.positions.length, mesh.triangles.length]).toEqual([6, 0]);
  });
});
