import { assertMesh, type Mesh } from '../shape.ts';
import { groupEqualPoints } from './equal-points.ts';
import { groupHalfEdges, targetOf } from './half-edges.ts';
import { areaVector } from './triangle.ts';
import { createUnionFind } from './union-find.ts';

/** The result of {@link checkMesh}. */
export interface MeshReport {
  /** The number of vertices that triangles use. */
  readonly vertices: number;
  readonly edges: number;
  readonly triangles: number;
  /** Whether every edge belongs to exactly two triangles that traverse it in opposite directions. */
  readonly closed: boolean;
  /** Whether the mesh is closed and the triangles around each vertex form a single fan: the surface is a 2-manifold. */
  readonly manifold: boolean;
  /** Edges of one triangle only. */
  readonly boundaryEdges: number;
  /** Edges of more than two triangles. */
  readonly nonManifoldEdges: number;
  /** Edges of two triangles that traverse it in the same direction. */
  readonly inconsistentEdges: number;
  /** Vertices whose triangles form more than one fan. */
  readonly nonManifoldVertices: number;
  /** Triangles of area 0. */
  readonly degenerateTriangles: number;
  /** Vertices with the same position as an earlier one. */
  readonly duplicateVertices: number;
  /** V - E + F; for a closed surface the sum of 2 - 2 genus over its components. */
  readonly eulerCharacteristic: number;
  /** The number of connected components: parts that share no vertex. */
  readonly components: number;
  /** The total area of the triangles. */
  readonly area: number;
  /**
   * The enclosed volume, by the divergence theorem: the sum of a . (b x c) / 6, relative to the offset. Positive if the
   * triangles face outwards; meaningless for an open mesh.
   */
  readonly volume: number;
}

/**
 * Analyses the surface of a mesh: whether it is closed and manifold, its connected components, Euler characteristic,
 * area and volume.
 *
 * @throws RangeError, ShapeError when the arrays are not a valid mesh
 */
export const checkMesh = (mesh: Mesh): MeshReport => {
  assertMesh('checkMesh', mesh);
  const { positions, triangles } = mesh;
  const count = positions.length / 3;
  const used = new Uint8Array(count);
  for (const vertex of triangles) used[vertex] = 1;
  const { order, starts } = groupHalfEdges(triangles, count);
  const parts = createUnionFind(count);
  // Triangles around a vertex are in one fan if they share an edge at it.
  const fans = createUnionFind(triangles.length);
  const [counts, tally] = [new Uint32Array(3), { edges: 0, boundary: 0, crowded: 0, twisted: 0 }];
  for (let edge = 0; edge + 1 < starts.length; edge++) {
    const [i, end] = [starts[edge]!, starts[edge + 1]!];
    tally.edges++;
    const [first, second] = [order[i]!, order[i + 1]!];
    parts.union(triangles[first]!, triangles[targetOf(first)]!);
    if (end - i === 1) tally.boundary++;
    else if (end - i > 2) tally.crowded++;
    else if (triangles[first] === triangles[second]) tally.twisted++;
    else {
      fans.union(first, targetOf(second));
      fans.union(targetOf(first), second);
    }
  }
  const fanSeen = new Int32Array(count).fill(-1);
  const pinched = new Uint8Array(count);
  for (let corner = 0; corner < triangles.length; corner++) {
    const vertex = triangles[corner]!;
    const fan = fans.find(corner);
    if (fanSeen[vertex] === -1) fanSeen[vertex] = fan;
    else if (fanSeen[vertex] !== fan) pinched[vertex] = 1;
  }
  const places = groupEqualPoints(positions);
  const taken = new Uint8Array(places.count);
  let duplicates = 0;
  for (let i = 0; i < count; i++) {
    if (used[i] === 0) continue;
    duplicates += taken[places.target[i]!]!;
    taken[places.target[i]!] = 1;
  }
  let [area, volume, degenerate, components] = [0, 0, 0, 0];
  for (let i = 0; i < triangles.length / 3; i++) {
    const [x, y, z] = areaVector(positions, triangles, i);
    const size = Math.hypot(x, y, z);
    const a = 3 * triangles[3 * i]!;
    area += size;
    if (size === 0) degenerate++;
    volume += (positions[a]! * x + positions[a + 1]! * y + positions[a + 2]! * z) / 3;
  }
  for (let i = 0; i < count; i++) {
    counts[0]! += used[i]!;
    counts[1]! += pinched[i]!;
    if (used[i] === 1 && parts.find(i) === i) components++;
  }
  const closed = tally.boundary + tally.crowded + tally.twisted === 0;
  return {
    vertices: counts[0]!,
    edges: tally.edges,
    triangles: triangles.length / 3,
    closed,
    manifold: closed && counts[1] === 0,
    boundaryEdges: tally.boundary,
    nonManifoldEdges: tally.crowded,
    inconsistentEdges: tally.twisted,
    nonManifoldVertices: counts[1]!,
    degenerateTriangles: degenerate,
    duplicateVertices: duplicates,
    eulerCharacteristic: counts[0]! - tally.edges + triangles.length / 3,
    components,
    area,
    volume,
  };
};
