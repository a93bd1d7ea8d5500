import { assertMesh, type Mesh } from '../shape.ts';
import { groupHalfEdges, targetOf } from './half-edges.ts';
import { samePlaces } from './same-places.ts';
import { areaVector } from './triangle.ts';
import { createUnionFind } from './union-find.ts';

/** What {@link checkMesh} finds. */
export interface MeshReport {
  /** Vertices that a triangle uses. */
  readonly vertices: number;
  readonly edges: number;
  readonly triangles: number;
  /** Every edge belongs to exactly two triangles, which run along it in opposite directions. */
  readonly closed: boolean;
  /**
   * Closed, and the triangles around each vertex are a single fan: the surface looks like a plane from close by,
   * everywhere.
   */
  readonly manifold: boolean;
  /** Edges of one triangle only. */
  readonly boundaryEdges: number;
  /** Edges of more than two triangles. */
  readonly crowdedEdges: number;
  /** Edges of two triangles that run along it in the same direction. */
  readonly twistedEdges: number;
  /** Vertices whose triangles are more than one fan. */
  readonly pinchedVertices: number;
  /** Triangles of area 0. */
  readonly degenerateTriangles: number;
  /** Vertices at the same place as one before. */
  readonly duplicateVertices: number;
  /** V - E + F: of a closed surface, the sum of 2 - 2 genus over its components. */
  readonly eulerCharacteristic: number;
  /** Parts that share no vertex. */
  readonly components: number;
  /** The sum of the triangles' areas. */
  readonly area: number;
  /**
   * The volume inside, by the divergence theorem: the sum of a . (b x c) / 6, from the offset. Positive where the
   * triangles face outwards; without meaning for an open mesh.
   */
  readonly volume: number;
}

/**
 * Looks at a mesh as a surface: whether it is closed, how often it is connected, its genus by the Euler characteristic,
 * its area and volume.
 *
 * @throws RangeError, ShapeError when the arrays are no mesh
 */
export const checkMesh = (mesh: Mesh): MeshReport => {
  assertMesh('checkMesh', mesh);
  const { positions, triangles } = mesh;
  const count = positions.length / 3;
  const used = new Uint8Array(count);
  for (const vertex of triangles) used[vertex] = 1;
  const { order, starts } = groupHalfEdges(triangles, count);
  const parts = createUnionFind(count);
  // Corners of one vertex are in one fan when their triangles share an edge at it.
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
  const places = samePlaces(positions);
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
    crowdedEdges: tally.crowded,
    twistedEdges: tally.twisted,
    pinchedVertices: counts[1]!,
    degenerateTriangles: degenerate,
    duplicateVertices: duplicates,
    eulerCharacteristic: counts[0]! - tally.edges + triangles.length / 3,
    components,
    area,
    volume,
  };
};
