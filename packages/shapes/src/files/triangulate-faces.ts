import { createNumberList, integers, type NumberList } from '../bytes/number-list.ts';
import { triangulatePolygon } from '../meshes/triangulate-polygon.ts';
import { ShapeError } from '../shape-error.ts';
import { plural } from '../text/plural.ts';
import type { Polygons } from './file-shape.ts';

/**
 * The maximum work of cutting concave polygons, as the sum of the squares of their vertex counts: a constant, plus an
 * amount per vertex of the file's faces. Ear clipping takes about 60 ns per unit in the worst case.
 */
const BASE_WORK = 1e8;
const WORK_PER_VERTEX = 100;

/**
 * The vertices of a polygon without consecutive repetitions and without spikes, which are edges traversed back and
 * forth.
 */
const tidyRing = (vertices: Uint32Array): Uint32Array => {
  const [a, b, c] = vertices;
  if (vertices.length === 3 && a !== b && b !== c && c !== a) return vertices;
  const ring = new Uint32Array(vertices.length);
  let length = 0;
  for (const vertex of vertices) {
    if (length > 0 && ring[length - 1] === vertex) continue;
    if (length > 1 && ring[length - 2] === vertex) length--;
    else ring[length++] = vertex;
  }
  // The same where the end joins the beginning.
  let first = 0;
  for (; length - first > 1; ) {
    if (ring[first] === ring[length - 1]) length--;
    else if (length - first > 2 && ring[first] === ring[length - 2]) length -= 2;
    else if (length - first > 2 && ring[first + 1] === ring[length - 1]) [first, length] = [first + 1, length - 1];
    else break;
  }
  return ring.subarray(first, length);
};

/** Adds the triangles of a ring, except those with a repeated vertex, which are part of a spike. */
const add = (triangles: NumberList<Uint32Array>, ring: Uint32Array, vertices: ArrayLike<number>): void => {
  for (let i = 0; i < vertices.length; i += 3) {
    const [a, b, c] = [ring[vertices[i]!]!, ring[vertices[i + 1]!]!, ring[vertices[i + 2]!]!];
    if (a === b || b === c || c === a) continue;
    triangles.push(a);
    triangles.push(b);
    triangles.push(c);
  }
};

/**
 * Triangulates the faces of a file. Faces with fewer than three distinct vertices are ignored, and counted in `notes`.
 *
 * @param positions `f64[n, 3]`, finite where faces use them
 * @returns vertex indices, three for each triangle
 * @throws ShapeError `too-large` when polygons are too intricate
 */
export const triangulateFaces = (
  positions: Float64Array,
  { vertexIndices, sizes }: Polygons,
  notes: string[],
): Uint32Array => {
  const triangles = createNumberList(integers);
  const budget = BASE_WORK + WORK_PER_VERTEX * vertexIndices.length;
  let [at, work, flat, crossing] = [0, 0, 0, 0];
  for (let face = 0; face < sizes.length; face++) {
    const size = sizes[face]!;
    const ring = tidyRing(vertexIndices.subarray(at, at + size));
    at += size;
    const before = triangles.length;
    if (ring.length === 3) add(triangles, ring, [0, 1, 2]);
    else if (ring.length > 3) {
      const points = new Float64Array(3 * ring.length);
      for (let i = 0; i < points.length; i++) points[i] = positions[3 * ring[Math.floor(i / 3)]! + (i % 3)]!;
      const cut = triangulatePolygon(points, squares => {
        work += squares;
        if (work <= budget) return;
        throw new ShapeError(
          'too-large',
          undefined,
          `the polygons have too many vertices to be triangulated, up to ${ring.length} in face ${face}: triangulate them first`,
        );
      });
      if (cut.crosses) crossing++;
      add(triangles, ring, cut.triangles);
    }
    if (triangles.length === before) flat++;
  }
  if (flat > 0) notes.push(`${plural(flat, 'face')} with fewer than three distinct vertices ignored`);
  if (crossing > 0)
    notes.push(
      `${plural(crossing, 'polygon')} that ${crossing === 1 ? 'crosses itself' : 'cross themselves'}: their surface is ambiguous`,
    );
  return triangles.view();
};
