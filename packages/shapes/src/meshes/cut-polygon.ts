/** @file Polygons in space become triangles: Newell's normal, and ear clipping on the plane of two axes. */
import earcut from 'earcut';

/** A polygon cut into triangles. */
export interface CutPolygon {
  /** Corners of triangles, as numbers of the polygon's corners: 3 (n - 2) of them. */
  readonly triangles: ArrayLike<number>;
  /** The triangles overlap or leave a part out, as they must where the polygon crosses itself. */
  readonly crosses: boolean;
}

/** The triangles (0, 1, 2), (0, 2, 3) ... */
const fan = (size: number): Uint32Array => {
  const triangles = new Uint32Array(3 * (size - 2));
  for (let i = 0; i < triangles.length; i++) triangles[i] = i % 3 === 0 ? 0 : Math.floor(i / 3) + (i % 3);
  return triangles;
};

/** Twice the area of a triangle in the plane, positive anticlockwise. */
const cross = (flat: Float64Array, a: number, b: number, c: number): number =>
  (flat[2 * b]! - flat[2 * a]!) * (flat[2 * c + 1]! - flat[2 * a + 1]!) -
  (flat[2 * b + 1]! - flat[2 * a + 1]!) * (flat[2 * c]! - flat[2 * a]!);

/** The polygon on the plane of the two axes on which it is largest, anticlockwise, from its first corner. */
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
 * Adds the triangles without area that ear clipping leaves out where corners are in one line. With them each edge of
 * the polygon, and each inner edge on both of its sides, belongs to a triangle, so the surface has no cracks. Returns
 * undefined where what is missing is no ring of edges.
 */
const close = (size: number, triangles: readonly number[]): ArrayLike<number> | undefined => {
  // Each ear took one corner away, so none is missing.
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

/**
 * The sums of the triangles' areas, with and without their signs, times two. They are equal where triangles neither
 * overlap nor fold.
 */
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
 * Cuts a polygon into triangles that keep its direction. A convex one is cut from its first corner, others by ear
 * clipping as seen along the normal.
 *
 * All corners become corners of triangles, those in one line with their neighbours too; some triangles may then have no
 * area.
 *
 * @param points `f64[n, 3]`, finite, n at least 3
 * @param spend told of the work of ear clipping before it begins, as the square of the number of corners; it may throw
 */
export const cutPolygon = (points: Float64Array, spend: (work: number) => void = () => {}): CutPolygon => {
  const size = points.length / 3;
  if (size === 3) return { triangles: [0, 1, 2], crosses: false };
  const flat = flatten(points);
  if (isConvex(flat)) return { triangles: fan(size), crosses: false };
  spend(size ** 2);
  const ears = earcut(flat);
  // All of them run the same way round, which may be the other one.
  const reversed = areas(flat, ears).signed < 0 ? ears.reverse() : ears;
  const triangles = close(size, reversed) ?? fan(size);
  const { signed, absolute } = areas(flat, triangles);
  return { triangles, crosses: absolute - signed > 1e-9 * absolute };
};
