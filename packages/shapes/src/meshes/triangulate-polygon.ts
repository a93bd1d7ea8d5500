/** @file Triangulates polygons in space: Newell's normal, and ear clipping in the plane of two axes. */
import earcut from 'earcut';

/** A triangulated polygon. */
export interface TriangulatedPolygon {
  /** The triangles, as indices of the polygon's vertices: 3 (n - 2) of them. */
  readonly triangles: ArrayLike<number>;
  /** Whether the triangles overlap or leave a gap, as they must if the polygon crosses itself. */
  readonly crosses: boolean;
}

/** The triangles (0, 1, 2), (0, 2, 3) ... */
const fan = (size: number): Uint32Array => {
  const triangles = new Uint32Array(3 * (size - 2));
  for (let i = 0; i < triangles.length; i++) triangles[i] = i % 3 === 0 ? 0 : Math.floor(i / 3) + (i % 3);
  return triangles;
};

/** Twice the signed area of a triangle in the plane, positive if anticlockwise. */
const cross = (flat: Float64Array, a: number, b: number, c: number): number =>
  (flat[2 * b]! - flat[2 * a]!) * (flat[2 * c + 1]! - flat[2 * a + 1]!) -
  (flat[2 * b + 1]! - flat[2 * a + 1]!) * (flat[2 * c]! - flat[2 * a]!);

/** Projects the polygon along the axis that preserves most of its area, anticlockwise, relative to its first vertex. */
const flatten = (points: Float64Array): Float64Array => {
  const size = points.length / 3;
  const normal = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    const j = (i + 1) % size;
    for (let k = 0; k < 3; k++) {
      const [u, v] = [(k + 1) % 3, (k + 2) % 3];
      normal[k]! +=
        (points[3 * i + u]! - points[u]!) * (points[3 * j + v]! - points[v]!) -
        (points[3 * i + v]! - points[v]!) * (points[3 * j + u]! - points[u]!);
    }
  }
  const lengths = normal.map(Math.abs);
  const axis = lengths.indexOf(Math.max(...lengths));
  const turned = normal[axis]! < 0;
  const [u, v] = turned ? [(axis + 2) % 3, (axis + 1) % 3] : [(axis + 1) % 3, (axis + 2) % 3];
  return Float64Array.from({ length: 2 * size }, (_, i) => {
    const from = i % 2 === 0 ? u : v;
    return points[3 * (i >> 1) + from]! - points[from]!;
  });
};

const isConvex = (flat: Float64Array): boolean => {
  const size = flat.length / 2;
  for (let i = 0; i < size; i++) if (cross(flat, i, (i + 1) % size, (i + 2) % size) < 0) return false;
  for (let i = 1; i + 1 < size; i++) if (cross(flat, 0, i, i + 1) < 0) return false;
  return true;
};

/**
 * Adds the triangles of area 0 that ear clipping omits where vertices are collinear. With them each edge of the polygon
 * belongs to a triangle and each inner edge to two, so the surface has no cracks. Returns undefined if the missing
 * edges are not rings.
 */
const close = (size: number, triangles: readonly number[]): ArrayLike<number> | undefined => {
  // Each ear removed one vertex, so none is missing.
  if (triangles.length === 3 * (size - 2)) return triangles;
  const edges = new Set<number>();
  const key = (from: number, to: number): number => from * size + to;
  for (let i = 0; i < triangles.length; i += 3)
    for (let k = 0; k < 3; k++) edges.add(key(triangles[i + k]!, triangles[i + ((k + 1) % 3)]!));
  if (edges.size !== triangles.length) return undefined;
  const next = new Map<number, number>();
  const follow = (from: number, to: number): boolean => !next.has(from) && next.set(from, to) !== undefined;
  for (let i = 0; i < size; i++) if (!edges.has(key(i, (i + 1) % size)) && !follow(i, (i + 1) % size)) return undefined;
  for (const edge of edges) {
    const [from, to] = [Math.floor(edge / size), edge % size];
    if (to === (from + 1) % size || edges.has(key(to, from))) continue;
    if (!follow(to, from)) return undefined;
  }
  const closed = [...triangles];
  for (const begin of [...next.keys()]) {
    const ring: number[] = [];
    for (let at: number | undefined = begin; at !== undefined; ) {
      const to: number | undefined = next.get(at);
      if (to === undefined) break;
      next.delete(at);
      ring.push(at);
      at = to;
      if (at === begin) break;
    }
    if (ring.length > 2) for (const corner of fan(ring.length)) closed.push(ring[corner]!);
  }
  return closed.length === 3 * (size - 2) ? closed : undefined;
};

/** Twice the sums of the triangles' signed and absolute areas. They are equal if triangles neither overlap nor fold. */
const areas = (
  flat: Float64Array,
  triangles: ArrayLike<number>,
): { readonly signed: number; readonly absolute: number } => {
  let [signed, absolute] = [0, 0];
  for (let i = 0; i < triangles.length; i += 3) {
    const area = cross(flat, triangles[i]!, triangles[i + 1]!, triangles[i + 2]!);
    signed += area;
    absolute += Math.abs(area);
  }
  return { signed, absolute };
};

/**
 * Triangulates a polygon, keeping its orientation: a convex one as a fan from its first vertex, others by ear clipping
 * in the projection along the normal.
 *
 * All vertices are used, including those collinear with their neighbours; some triangles may therefore have area 0.
 *
 * @param points `f64[n, 3]`, finite, n at least 3
 * @param spend called before ear clipping with its work, the square of the number of vertices; it may throw
 */
export const triangulatePolygon = (
  points: Float64Array,
  spend: (work: number) => void = () => {},
): TriangulatedPolygon => {
  const size = points.length / 3;
  if (size === 3) return { triangles: [0, 1, 2], crosses: false };
  const flat = flatten(points);
  if (isConvex(flat)) return { triangles: fan(size), crosses: false };
  spend(size ** 2);
  const ears = earcut(flat);
  // All have the same orientation, which may be the opposite one.
  const reversed = areas(flat, ears).signed < 0 ? ears.reverse() : ears;
  const triangles = close(size, reversed) ?? fan(size);
  const { signed, absolute } = areas(flat, triangles);
  return { triangles, crosses: absolute - signed > 1e-9 * absolute };
};
