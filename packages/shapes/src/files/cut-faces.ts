import { createNumberList, integers, type NumberList } from '../bytes/number-list.ts';
import { cutPolygon } from '../meshes/cut-polygon.ts';
import { ShapeError } from '../shape-error.ts';
import { plural } from '../text/plural.ts';
import type { Polygons } from './file-shape.ts';

/**
 * The work that polygons which are not convex may make, as the sum of the squares of their numbers of corners: so much,
 * and so much more for each corner of the file. Ear clipping takes some 60 ns for each unit at worst.
 */
const WORK = 1e8;
const WORK_PER_CORNER = 100;

/**
 * The corners of a polygon without those that repeat the one before, and without spikes: edges that go there and back.
 */
const tidyRing = (corners: Uint32Array): Uint32Array => {
  const [a, b, c] = corners;
  if (corners.length === 3 && a !== b && b !== c && c !== a) return corners;
  const ring = new Uint32Array(corners.length);
  let length = 0;
  for (const corner of corners) {
    if (length > 0 && ring[length - 1] === corner) continue;
    if (length > 1 && ring[length - 2] === corner) length--;
    else ring[length++] = corner;
  }
  // The same where the end meets the beginning.
  let first = 0;
  for (; length - first > 1; ) {
    if (ring[first] === ring[length - 1]) length--;
    else if (length - first > 2 && ring[first] === ring[length - 2]) length -= 2;
    else if (length - first > 2 && ring[first + 1] === ring[length - 1]) [first, length] = [first + 1, length - 1];
    else break;
  }
  return ring.subarray(first, length);
};

/** Adds triangles of a ring; one with a corner twice, as a spike has, is an edge there and back, and none. */
const add = (triangles: NumberList<Uint32Array>, ring: Uint32Array, corners: ArrayLike<number>): void => {
  for (let i = 0; i < corners.length; i += 3) {
    const [a, b, c] = [ring[corners[i]!]!, ring[corners[i + 1]!]!, ring[corners[i + 2]!]!];
    if (a === b || b === c || c === a) continue;
    triangles.push(a);
    triangles.push(b);
    triangles.push(c);
  }
};

/**
 * Cuts the faces of a file into triangles. Faces of fewer than three different corners are no faces; they are left out,
 * and counted in `notes`.
 *
 * @param positions `f64[n, 3]`, finite where faces use them
 * @returns rows of positions, three for each triangle
 * @throws ShapeError `too-large` when polygons are too intricate
 */
export const cutFaces = (positions: Float64Array, { corners, sizes }: Polygons, notes: string[]): Uint32Array => {
  const triangles = createNumberList(integers);
  const budget = WORK + WORK_PER_CORNER * corners.length;
  let [at, work, flat, crossing] = [0, 0, 0, 0];
  for (let face = 0; face < sizes.length; face++) {
    const size = sizes[face]!;
    const ring = tidyRing(corners.subarray(at, at + size));
    at += size;
    const before = triangles.length;
    if (ring.length === 3) add(triangles, ring, [0, 1, 2]);
    else if (ring.length > 3) {
      const points = new Float64Array(3 * ring.length);
      for (let i = 0; i < points.length; i++) points[i] = positions[3 * ring[Math.floor(i / 3)]! + (i % 3)]!;
      const cut = cutPolygon(points, squares => {
        work += squares;
        if (work <= budget) return;
        throw new ShapeError(
          'too-large',
          undefined,
          `the polygons have too many corners to be cut, up to the ${ring.length} of face ${face}: cut them into triangles`,
        );
      });
      if (cut.crosses) crossing++;
      add(triangles, ring, cut.triangles);
    }
    if (triangles.length === before) flat++;
  }
  if (flat > 0) notes.push(`${plural(flat, 'face')} with fewer than three different corners left out`);
  if (crossing > 0)
    notes.push(
      `${plural(crossing, 'polygon')} that ${crossing === 1 ? 'crosses itself' : 'cross themselves'}: the surface there is a guess`,
    );
  return triangles.view();
};
