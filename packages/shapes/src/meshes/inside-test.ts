/**
 * @file Determines which points are inside a closed mesh by counting where an upward ray leaves and enters it. A ray
 *   through an edge or a vertex is perturbed by an infinitesimal (Edelsbrunner and Mücke, "Simulation of simplicity",
 *   1990), in x and then in y, so that each crossing counts once.
 */

import type { Mesh } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { checkMesh } from './check-mesh.ts';

/**
 * The side of the line from a to b, seen from above, on which the perturbed p lies: 1 left, -1 right, 0 if a and b
 * coincide. The ends are put in a canonical order, so that the two triangles at an edge get exactly opposite signs.
 */
const sideOf = (ax: number, ay: number, bx: number, by: number, px: number, py: number): number => {
  if (ax > bx || (ax === bx && ay > by)) return -sideOf(bx, by, ax, ay, px, py);
  const cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax);
  return Math.sign(cross) || -Math.sign(by - ay) || Math.sign(bx - ax);
};

/** The triangles that overlap each cell of a grid in x and y. */
const createBins = ({ positions, triangles }: Mesh) => {
  const count = triangles.length / 3;
  const side = Math.max(1, Math.ceil(Math.sqrt(count)));
  const ends = ([0, 1] as const).map(axis => {
    let [low, high] = [Infinity, -Infinity];
    for (const vertex of triangles) {
      low = Math.min(low, positions[3 * vertex + axis]!);
      high = Math.max(high, positions[3 * vertex + axis]!);
    }
    return { low, scale: side / (high - low || 1) };
  });
  const cellOf = (axis: 0 | 1, value: number): number =>
    Math.min(side - 1, Math.max(0, Math.floor((value - ends[axis]!.low) * ends[axis]!.scale)));
  const visit = (triangle: number, action: (bin: number) => void): void => {
    const span = (axis: 0 | 1): readonly [number, number] => {
      const values = [0, 1, 2].map(corner => positions[3 * triangles[3 * triangle + corner]! + axis]!);
      return [cellOf(axis, Math.min(...values)), cellOf(axis, Math.max(...values))];
    };
    const [[left, right], [low, high]] = [span(0), span(1)];
    for (let y = low; y <= high; y++) for (let x = left; x <= right; x++) action(y * side + x);
  };
  const starts = new Uint32Array(side * side + 1);
  for (let i = 0; i < count; i++) visit(i, bin => starts[bin + 1]!++);
  for (let i = 0; i < side * side; i++) starts[i + 1]! += starts[i]!;
  const members = new Uint32Array(starts[side * side]!);
  const next = starts.slice();
  for (let i = 0; i < count; i++)
    visit(i, bin => {
      members[next[bin]!++] = i;
    });
  return (x: number, y: number): Uint32Array => {
    const bin = cellOf(1, y) * side + cellOf(0, x);
    return members.subarray(starts[bin]!, starts[bin + 1]!);
  };
};

/** 1 if the upward ray from p leaves the mesh through a triangle, -1 if it enters, 0 if it misses the triangle. */
export const crossing = (
  { positions, triangles }: Mesh,
  triangle: number,
  p: readonly [number, number, number],
): number => {
  const [a, b, c] = [3 * triangles[3 * triangle]!, 3 * triangles[3 * triangle + 1]!, 3 * triangles[3 * triangle + 2]!];
  const [ax, ay, bx, by, cx, cy] = [
    positions[a]!,
    positions[a + 1]!,
    positions[b]!,
    positions[b + 1]!,
    positions[c]!,
    positions[c + 1]!,
  ];
  const side = sideOf(ax, ay, bx, by, p[0], p[1]);
  if (side === 0 || sideOf(bx, by, cx, cy, p[0], p[1]) !== side || sideOf(cx, cy, ax, ay, p[0], p[1]) !== side)
    return 0;
  const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  if (area === 0) return 0;
  const u = ((p[0] - ax) * (cy - ay) - (p[1] - ay) * (cx - ax)) / area;
  const v = ((bx - ax) * (p[1] - ay) - (by - ay) * (p[0] - ax)) / area;
  const [az, bz, cz] = [positions[a + 2]!, positions[b + 2]!, positions[c + 2]!];
  return az + u * (bz - az) + v * (cz - az) > p[2] ? side : 0;
};

/**
 * Makes a test of which points are inside a closed mesh: those with a nonzero winding number. The cost of a test is
 * about proportional to the number of triangles that the ray meets.
 *
 * @returns a function from coordinates `f32[n, 3]` to 1 (inside) or 0 for each point
 * @throws ShapeError `not-closed` when an edge does not have two triangles in opposite directions (use `windingNumber`
 *   for such meshes), and as for any mesh
 */
export const insideTest = (mesh: Mesh): ((coords: Float32Array) => Uint8Array) => {
  const { closed, boundaryEdges, nonManifoldEdges, inconsistentEdges } = checkMesh(mesh);
  if (!closed && boundaryEdges + inconsistentEdges > 0)
    throw new ShapeError(
      'not-closed',
      'insideTest',
      `the mesh must be closed, got ${boundaryEdges} edges of one triangle, ${nonManifoldEdges} of more than two, and ${inconsistentEdges} with inconsistent orientation`,
    );
  const over = createBins(mesh);
  return coords =>
    Uint8Array.from({ length: coords.length / 3 }, (_, i) => {
      const p = [coords[3 * i]!, coords[3 * i + 1]!, coords[3 * i + 2]!] as const;
      let winding = 0;
      for (const triangle of over(p[0], p[1])) winding += crossing(mesh, triangle, p);
      return winding === 0 ? 0 : 1;
    });
};
