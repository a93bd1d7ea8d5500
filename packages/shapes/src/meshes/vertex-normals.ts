import { assertMesh, type Mesh } from '../shape.ts';
import { areaVector } from './triangle.ts';
import { normalise } from './weld.ts';

/**
 * Computes area-weighted vertex normals: the normalised sum of the area vectors of the triangles around each vertex, or
 * 0 for a vertex without triangles.
 *
 * @returns `f32[n, 3]`
 * @throws RangeError, ShapeError when the arrays are not a valid mesh
 */
export const vertexNormals = (mesh: Mesh): Float32Array => {
  assertMesh('vertexNormals', mesh);
  const { positions, triangles } = mesh;
  const sums = new Float64Array(positions.length);
  for (let i = 0; i < triangles.length / 3; i++) {
    const vector = areaVector(positions, triangles, i);
    for (let corner = 0; corner < 3; corner++) {
      const at = 3 * triangles[3 * i + corner]!;
      for (let k = 0; k < 3; k++) sums[at + k]! += vector[k]!;
    }
  }
  // Normalised in double precision: the areas of a fine mesh may underflow in float32.
  for (let i = 0; i < sums.length; i += 3) {
    const length = Math.hypot(sums[i]!, sums[i + 1]!, sums[i + 2]!);
    if (length > 0) for (let k = 0; k < 3; k++) sums[i + k]! /= length;
  }
  return normalise(Float32Array.from(sums));
};
