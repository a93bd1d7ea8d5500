import type { Mesh } from '../shape.ts';
import { groupEqualPoints } from './equal-points.ts';
import { groupNearPoints } from './near-points.ts';

/**
 * Merges points with exactly equal positions, so that adjacent triangles share their vertices. -0 equals 0; triangles
 * that degenerate are removed.
 *
 * If there are normals, a merged point gets the normalised sum of the normals of its points.
 *
 * @param soup points with or without triangles; without, each three consecutive points are a triangle. `near`: also
 *   merge points of open edges that rounding has moved apart, by at most 1e-6 of the diagonal of their bounding box;
 *   false if absent
 */
export const weld = (soup: {
  readonly positions: Float32Array;
  readonly normals?: Float32Array | undefined;
  readonly triangles?: Uint32Array;
  readonly offset?: Mesh['offset'];
  readonly near?: boolean;
}): Mesh => {
  const { positions, normals, triangles, offset, near = false } = soup;
  const {
    count: kept,
    target,
    first,
  } = near && triangles ? groupNearPoints(positions, triangles) : groupEqualPoints(positions);
  const points = new Float32Array(3 * kept);
  for (let i = 0; i < kept; i++) for (let k = 0; k < 3; k++) points[3 * i + k] = positions[3 * first[i]! + k]!;
  const corners = triangles ? triangles.length : target.length;
  const joined = new Uint32Array(corners);
  let length = 0;
  for (let i = 0; i + 2 < corners; i += 3) {
    const a = target[triangles ? triangles[i]! : i]!;
    const b = target[triangles ? triangles[i + 1]! : i + 1]!;
    const c = target[triangles ? triangles[i + 2]! : i + 2]!;
    if (a === b || b === c || c === a) continue;
    joined[length++] = a;
    joined[length++] = b;
    joined[length++] = c;
  }
  const mesh = { positions: points, triangles: joined.slice(0, length), ...(offset && { offset }) };
  if (!normals) return mesh;
  const sums = new Float32Array(3 * kept);
  for (let i = 0; i < target.length; i++) for (let k = 0; k < 3; k++) sums[3 * target[i]! + k]! += normals[3 * i + k]!;
  return { ...mesh, normals: normalise(sums) };
};

/** Scales rows to length 1, in place; rows of length 0 are not changed. */
export const normalise = (vectors: Float32Array): Float32Array => {
  for (let i = 0; i < vectors.length; i += 3) {
    const length = Math.hypot(vectors[i]!, vectors[i + 1]!, vectors[i + 2]!);
    if (length > 0) for (let k = 0; k < 3; k++) vectors[i + k]! /= length;
  }
  return vectors;
};
