/**
 * The area vector of triangle `index`: half the cross product of two sides, along the outward normal, in double
 * precision.
 */
export const areaVector = (
  positions: Float32Array,
  triangles: Uint32Array,
  index: number,
): readonly [x: number, y: number, z: number] => {
  const [a, b, c] = [3 * triangles[3 * index]!, 3 * triangles[3 * index + 1]!, 3 * triangles[3 * index + 2]!];
  const [x, y, z] = [positions[a]!, positions[a + 1]!, positions[a + 2]!];
  const [ux, uy, uz] = [positions[b]! - x, positions[b + 1]! - y, positions[b + 2]! - z];
  const [vx, vy, vz] = [positions[c]! - x, positions[c + 1]! - y, positions[c + 2]! - z];
  return [(uy * vz - uz * vy) / 2, (uz * vx - ux * vz) / 2, (ux * vy - uy * vx) / 2];
};
