import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { WebIO } from '@gltf-transform/core';
import fc from 'fast-check';
import { validateBytes } from 'gltf-validator';
import { describe, expect, test } from 'vitest';
import { torus } from '../../src/analytic/torus.ts';
import { type DecodedShape, decodeShape } from '../../src/files/decode-shape.ts';
import { encodeGlb } from '../../src/files/encode-glb.ts';
import { encodeObj } from '../../src/files/encode-obj.ts';
import { encodePly } from '../../src/files/encode-ply.ts';
import { checkMesh } from '../../src/meshes/check-mesh.ts';
import type { Mesh, PointCloud } from '../../src/shape.ts';
import { extractSurface } from '../../src/surfaces/extract-surface.ts';
import { dragonPath, loadBunny, tetrahedron } from '../test-meshes.ts';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

/** Coordinates with the offset added. */
const inSpace = ({ positions, offset = [0, 0, 0] }: PointCloud): number[] =>
  [...positions].map((value, i) => value + offset[i % 3]!);

/** The width of points, as a fraction of their largest coordinate. */
const spread = (points: readonly (readonly number[])[]): number => {
  const widths = [0, 1, 2].map(
    k => Math.max(...points.map(point => point[k]!)) - Math.min(...points.map(point => point[k]!)),
  );
  return points.length === 1 ? 1 : Math.max(...widths) / Math.max(...points.flat().map(Math.abs));
};

describe('PLY and OBJ round trips are exact', () => {
  test.each([
    ['binary PLY', (shape: PointCloud) => encodePly(shape)],
    ['text PLY', (shape: PointCloud) => encodePly(shape, { encoding: 'text' })],
    ['OBJ', encodeObj],
  ])('%s: any points', async (_, encode) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(float, float, float), { minLength: 1, maxLength: 20 }), async points => {
        // Points that differ by only a few float32 steps are rejected as rounded coordinates.
        fc.pre(spread(points) > 2 ** -12);
        const positions = Float32Array.from(points.flat(), value => value + 0);
        expect(inSpace(await decodeShape(encode({ positions })))).toEqual([...positions]);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['binary PLY', (shape: Mesh) => encodePly(shape)],
    ['text PLY', (shape: Mesh) => encodePly(shape, { encoding: 'text' })],
  ])('%s: a mesh with normals', async (_, encode) => {
    const mesh = await extractSurface(torus({ major: 0.6, minor: 0.25 }), { resolution: 12 });
    const back = await decodeShape(encode(mesh));
    expect(back.positions).toEqual(mesh.positions);
    expect('triangles' in back && back.triangles).toEqual(mesh.triangles);
    for (const [i, value] of back.normals!.entries()) expect(value).toBeCloseTo(mesh.normals![i]!, 6);
  });

  test('OBJ: the vertices of a decoded mesh are in the order in which faces use them', async () => {
    const mesh = await extractSurface(torus({ major: 0.6, minor: 0.25 }), { resolution: 12 });
    const back = (await decodeShape(encodeObj(mesh))) as Mesh;
    expect(checkMesh(back)).toEqual({
      ...checkMesh(mesh),
      area: expect.closeTo(checkMesh(mesh).area, 6),
      volume: expect.closeTo(checkMesh(mesh).volume, 6),
    });
    const corners = ({ positions, triangles }: Mesh): number[] =>
      [...triangles].flatMap(at => [...positions.subarray(3 * at, 3 * at + 3)]);
    expect(corners(back)).toEqual(corners(mesh));
  });

  test('invalid shapes are not encoded', () => {
    expect(() => encodePly({ positions: new Float32Array() })).toThrow('at least one point');
    expect(() => encodeObj({ positions: Float32Array.of(1, 2, Number.NaN) })).toThrow('must be finite');
    expect(() => encodePly({ positions: Float32Array.of(1, 2) })).toThrow('got 2 values');
    expect(() => encodePly({ ...tetrahedron(), normals: new Float32Array(3) })).toThrow('like positions');
    expect(() => encodePly({ ...tetrahedron(), offset: [0, Number.NaN, 0] })).toThrow('three finite numbers');
  });
});

describe('GLB', () => {
  const expectValid = async (glb: Uint8Array): Promise<void> => {
    const { issues } = await validateBytes(glb);
    expect(issues).toMatchObject({ numErrors: 0, numWarnings: 0 });
  };

  test('the Khronos validator reports nothing for a mesh, with and without normals, and for a cloud', async () => {
    const mesh = await extractSurface(torus({ major: 0.6, minor: 0.25 }), { resolution: 12 });
    await expectValid(await encodeGlb(mesh));
    await expectValid(await encodeGlb(tetrahedron(), { name: 'tetrahedron', colour: [1, 0, 0] }));
    await expectValid(await encodeGlb({ positions: Float32Array.of(0, 0, 0, 1, 2, 3) }));
  });

  test('the arrays are in the file', async () => {
    const mesh = await extractSurface(torus({ major: 0.6, minor: 0.25 }), { resolution: 12 });
    const document = await new WebIO().readBinary(await encodeGlb(mesh, { name: 'ring' }));
    const [primitive] = document.getRoot().listMeshes()[0]!.listPrimitives();
    expect(document.getRoot().listMeshes()[0]!.getName()).toBe('ring');
    expect(primitive!.getAttribute('POSITION')!.getArray()).toEqual(mesh.positions);
    expect(primitive!.getAttribute('NORMAL')!.getArray()).toEqual(mesh.normals);
    expect(primitive!.getIndices()!.getArray()).toEqual(mesh.triangles);
  });

  test('an offset becomes the translation of the node, in double precision', async () => {
    const glb = await encodeGlb({ ...tetrahedron(), offset: [694_385.75, 5_155_487.25, 380] });
    await expectValid(glb);
    const [node] = (await new WebIO().readBinary(glb)).getRoot().listNodes();
    expect(node!.getTranslation()).toEqual([694_385.75, 5_155_487.25, 380]);
    expect(node!.getMesh()!.listPrimitives()[0]!.getAttribute('POSITION')!.getArray()).toEqual(tetrahedron().positions);
  });

  test('normals of length 0 are rejected: the format does not allow them', async () => {
    await expect(encodeGlb({ ...tetrahedron(), normals: new Float32Array(12) })).rejects.toMatchObject({
      problem: 'no-normals',
    });
  });
});

describe('real models', () => {
  test('the bunny, through every format', async () => {
    const bunny = loadBunny();
    expect(checkMesh(bunny)).toMatchObject({
      vertices: 1839,
      triangles: 3674,
      components: 1,
      manifold: true,
      eulerCharacteristic: 2,
    });
    expect(await decodeShape(encodePly(bunny))).toEqual({ ...bunny, notes: [] });
    expect(checkMesh((await decodeShape(encodeObj(bunny))) as Mesh)).toMatchObject({
      triangles: 3674,
      eulerCharacteristic: 2,
    });
    const { issues } = await validateBytes(await encodeGlb(bunny));
    expect(issues.numErrors).toBe(0);
  });

  test('the smallest Stanford dragon, as scanned: a PLY of 1996', async () => {
    const dragon = (await decodeShape(gunzipSync(readFileSync(dragonPath())))) as Mesh & DecodedShape;
    expect([dragon.positions.length / 3, dragon.triangles.length / 3]).toEqual([5203, 11102]);
    expect(dragon.notes).toEqual(['2 points that no face uses ignored']);
    expect(checkMesh(dragon).volume).toBeGreaterThan(0);
  });
});
