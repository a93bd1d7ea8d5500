import { assertMesh, type Mesh } from '../shape.ts';

/**
 * Computes the generalised winding number of a mesh around points: the sum of the solid angles of its triangles,
 * divided by 4 pi. For a closed mesh it is 1 inside and 0 outside; for one with holes it varies smoothly in between,
 * and 1/2 is a good threshold. Each point is tested against every triangle; for closed meshes `insideTest` is much
 * faster.
 *
 * References: Jacobson et al., "Robust inside-outside segmentation using generalized winding numbers", 2013, equation
 * 5; the solid angle: Van Oosterom and Strackee, "The solid angle of a plane triangle", 1983, equation 8.
 *
 * @param coords `f32[n, 3]`
 * @returns `f32[n]`
 * @throws RangeError, ShapeError when the arrays are not a valid mesh
 */
export const windingNumber = (mesh: Mesh, coords: Float32Array): Float32Array => {
  assertMesh('windingNumber', mesh);
  const { positions, triangles } = mesh;
  const winding = new Float32Array(coords.length / 3);
  for (let i = 0; i < winding.length; i++) {
    const [x, y, z] = [coords[3 * i]!, coords[3 * i + 1]!, coords[3 * i + 2]!];
    let angles = 0;
    for (let t = 0; t < triangles.length; t += 3) {
      const [p, q, r] = [3 * triangles[t]!, 3 * triangles[t + 1]!, 3 * triangles[t + 2]!];
      const [ax, ay, az] = [positions[p]! - x, positions[p + 1]! - y, positions[p + 2]! - z];
      const [bx, by, bz] = [positions[q]! - x, positions[q + 1]! - y, positions[q + 2]! - z];
      const [cx, cy, cz] = [positions[r]! - x, positions[r + 1]! - y, positions[r + 2]! - z];
      const [a, b, c] = [Math.hypot(ax, ay, az), Math.hypot(bx, by, bz), Math.hypot(cx, cy, cz)];
      const determinant = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
      const [ab, bc, ca] = [ax * bx + ay * by + az * bz, bx * cx + by * cy + bz * cz, cx * ax + cy * ay + cz * az];
      angles += 2 * Math.atan2(determinant, a * b * c + ab * c + bc * a + ca * b);
    }
    winding[i] = angles / (4 * Math.PI);
  }
  return winding;
};
