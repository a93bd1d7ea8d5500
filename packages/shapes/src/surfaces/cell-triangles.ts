/**
 * @file The triangles of a grid cell: marching cubes (Lorensen and Cline 1987), with a table that is computed instead
 *   of written out.
 *
 * On each face of a cell the surface is cut by one or two segments between crossed edges. Where two opposite corners of
 * a face are inside and the other two outside, the segments may join either pair; the asymptotic decider (Nielson and
 * Hamann, "The asymptotic decider: resolving the ambiguity in marching cubes", 1991) evaluates the bilinear
 * interpolant. It depends only on the four values of the face, so both cells at a face have the same segments, and the
 * surface has no holes. The segments around a cell form closed loops, each crossed edge is in one loop of each of the
 * (up to) four cells around it, and each loop is triangulated. No triangle has an inner side between two edges of one
 * face: the neighbouring cell could have the same side, and four triangles would meet there. So every surface is a
 * manifold.
 *
 * Corner i is at (i & 1, i >> 1 & 1, i >> 2 & 1). Edge 4 a + 2 c + b runs along axis a; b and c are the positions along
 * the next two axes in cyclic order.
 */

/** The lower corner of each edge. */
export const EDGE_CORNERS: readonly (readonly [low: number, high: number])[] = Array.from({ length: 12 }, (_, edge) => {
  const axis = edge >> 2;
  const [next, last] = [(axis + 1) % 3, (axis + 2) % 3];
  const low = ((edge & 1) << next) | (((edge >> 1) & 1) << last);
  return [low, low | (1 << axis)];
});

/** The corners of each face, anticlockwise seen from outside: face 2 a + s is at position s along axis a. */
export const FACE_CORNERS: readonly (readonly [number, number, number, number])[] = Array.from(
  { length: 6 },
  (_, face) => {
    const [axis, side] = [face >> 1, face & 1];
    const base = side << axis;
    const [u, v] = [1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3)];
    return side === 1 ? [base, base | u, base | u | v, base | v] : [base, base | v, base | u | v, base | u];
  },
);

const edgeBetween = (a: number, b: number): number =>
  EDGE_CORNERS.findIndex(([low, high]) => (low === a && high === b) || (low === b && high === a));

const FACE_EDGES = FACE_CORNERS.map(corners => corners.map((corner, i) => edgeBetween(corner, corners[(i + 1) % 4]!)));

const shareFace = (a: number, b: number): boolean => FACE_EDGES.some(edges => edges.includes(a) && edges.includes(b));

/** The faces on which opposite corners agree and adjacent ones do not, as bits. */
export const ambiguousFaces = (inside: number): number => {
  let faces = 0;
  for (const [face, [a, b, c, d]] of FACE_CORNERS.entries()) {
    const at = (corner: number): number => (inside >> corner) & 1;
    if (at(a) === at(c) && at(b) === at(d) && at(a) !== at(b)) faces |= 1 << face;
  }
  return faces;
};

/**
 * The loops of crossed edges, each with the inside on its left seen from outside the surface.
 *
 * Anticlockwise around a face, a segment goes from an edge that enters the inside to one that leaves it: to the next
 * one if the inside corners are separated, or to the previous one if they are joined.
 */
export const cellLoops = (inside: number, joined: number): number[][] => {
  const next = new Int8Array(12).fill(-1);
  for (const [face, corners] of FACE_CORNERS.entries())
    for (let i = 0; i < 4; i++) {
      const at = (k: number): number => (inside >> corners[k % 4]!) & 1;
      if (at(i) === 1 || at(i + 1) === 0) continue;
      const ambiguous = at(i + 2) === 0 && at(i + 3) === 1;
      let leave = i + 1;
      while (at(leave + 1) === 1) leave++;
      if (ambiguous && (joined >> face) & 1) leave += 2;
      next[FACE_EDGES[face]![i]!] = FACE_EDGES[face]![leave % 4]!;
    }
  const loops: number[][] = [];
  for (let start = 0; start < 12; start++) {
    const loop: number[] = [];
    for (let edge = start; next[edge]! >= 0; ) {
      loop.push(edge);
      const following = next[edge]!;
      next[edge] = -1;
      edge = following;
    }
    if (loop.length > 0) loops.push(loop);
  }
  return loops;
};

/**
 * Triangulates a polygon from vertex `first` to vertex `last` without an inner side between edges of one face; empty if
 * that is impossible.
 */
const fill = (loop: readonly number[], first: number, last: number): number[] | undefined => {
  if (last - first < 2) return [];
  const isSide = (a: number, b: number): boolean => b - a === 1 || (a === 0 && b === loop.length - 1);
  const allowed = (a: number, b: number): boolean => isSide(a, b) || !shareFace(loop[a]!, loop[b]!);
  // Trying the middle first gives fewer thin triangles.
  const middle = (first + last) / 2;
  const tips = Array.from({ length: last - first - 1 }, (_, i) => first + 1 + i).sort(
    (a, b) => Math.abs(a - middle) - Math.abs(b - middle),
  );
  for (const tip of tips) {
    if (!(allowed(first, tip) && allowed(tip, last))) continue;
    const [left, right] = [fill(loop, first, tip), fill(loop, tip, last)];
    if (left && right) return [loop[first]!, loop[tip]!, loop[last]!, ...left, ...right];
  }
  return undefined;
};

/** The triangles of a cell. */
export interface CellTriangles {
  /** Triples of edges 0 ... 11; 12 + i is the centre of `centres[i]`. */
  readonly triangles: readonly number[];
  /** Loops that can only be triangulated around their centre. */
  readonly centres: readonly (readonly number[])[];
}

const makeCell = (inside: number, joined: number): CellTriangles => {
  const triangles: number[] = [];
  const centres: number[][] = [];
  for (const loop of cellLoops(inside, joined)) {
    const filled = fill(loop, 0, loop.length - 1);
    if (filled) triangles.push(...filled);
    else {
      const centre = 12 + centres.length;
      centres.push(loop);
      for (const [i, edge] of loop.entries()) triangles.push(edge, loop[(i + 1) % loop.length]!, centre);
    }
  }
  return { triangles, centres };
};

/** The cells that have been requested, at most 656. */
const cells = new Map<number, CellTriangles>();

/**
 * The triangles of a cell.
 *
 * @param inside a bit for each corner that is inside
 * @param joined a bit for each ambiguous face whose inside corners are joined
 */
export const cellTriangles = (inside: number, joined: number): CellTriangles => {
  const key = inside | (joined << 8);
  let cell = cells.get(key);
  if (!cell) {
    cell = makeCell(inside, joined);
    cells.set(key, cell);
  }
  return cell;
};
