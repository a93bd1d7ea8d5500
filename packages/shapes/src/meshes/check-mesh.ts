import { assertMesh, type Mesh } from '../shape.ts';
import { areaVector } from './triangle.ts';

/** What {@link checkMesh} finds. */
export interface MeshReport {
  /** Vertices that a triangle uses. */
  readonly vertices: number;
  readonly edges: number;
  readonly triangles: number;
  /** Every edge belongs to exactly two triangles, which run along it in opposite directions. */
  readonly closed: boolean;
  /** Closed, and the triangles around each vertex are a single fan: the surface looks like a plane from close by, everywhere. */
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
  /** The volume inside, by the divergence theorem: the sum of a . (b x c) / 6. Positive where the triangles face outwards; without meaning for an open mesh. */
  readonly volume: number;
}

const createUnionFind = (count: number): { find(i: number): number; union(i: number, j: number): void } => {
  const parent = Uint32Array.from({ length: count }, (_, i) => i);
  const find = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  return {
    find,
    union: (i, j) => {
      parent[find(i)] = find(j);
    },
  };
};

const countDuplicates = (positions: Float32Array, used: Uint8Array): number => {
  const order = Uint32Array.from({ length: used.length }, (_, i) => i).filter(i => used[i] === 1);
  const compare = (a: number, b: number): number =>
    positions[3 * a]! - positions[3 * b]! ||
    positions[3 * a + 1]! - positions[3 * b + 1]! ||
    positions[3 * a + 2]! - positions[3 * b + 2]!;
  order.sort(compare);
  let duplicates = 0;
  for (let i = 1; i < order.length; i++) if (compare(order[i - 1]!, order[i]!) === 0) duplicates++;
  return duplicates;
};

/** The half-edges of a mesh, sorted so that those of one edge stand together. */
const sortHalfEdges = (triangles: Uint32Array, vertices: number): Float64Array => {
  // Both ends, the direction and the triangle's corner in one exact number would overflow 2^53 for large meshes; so sort the ends, and look the rest up.
  const keys = new Float64Array(triangles.length);
  for (let i = 0; i < triangles.length; i++) {
    const [from, to] = [triangles[i]!, triangles[i % 3 === 2 ? i - 2 : i + 1]!];
    keys[i] = Math.min(from, to) * vertices + Math.max(from, to);
  }
  return keys;
};

/**
 * Looks at a mesh as a surface: whether it is closed, how often it is connected, its genus by the Euler characteristic, its area and volume.
 *
 * @throws RangeError, ShapeError when the arrays are no mesh
 */
export const checkMesh = (mesh: Mesh): MeshReport => {
  assertMesh('checkMesh', mesh);
  const { positions, triangles } = mesh;
  const count = positions.length / 3;
  const used = new Uint8Array(count);
  for (const vertex of triangles) used[vertex] = 1;
  const keys = sortHalfEdges(triangles, count);
  const order = Uint32Array.from({ length: keys.length }, (_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
  const parts = createUnionFind(count);
  // Corners of one vertex are in one fan when their triangles share an edge at it.
  const fans = createUnionFind(triangles.length);
  const target = (half: number): number => (half % 3 === 2 ? half - 2 : half + 1);
  const [counts, tally] = [new Uint32Array(3), { edges: 0, boundary: 0, crowded: 0, twisted: 0 }];
  for (let i = 0; i < order.length; ) {
    let end = i + 1;
    while (end < order.length && keys[order[end]!] === keys[order[i]!]) end++;
    tally.edges++;
    const [first, second] = [order[i]!, order[i + 1]!];
    parts.union(triangles[first]!, triangles[target(first)]!);
    if (end - i === 1) tally.boundary++;
    else if (end - i > 2) tally.crowded++;
    else if (triangles[first] === triangles[second]) tally.twisted++;
    else {
      fans.union(first, target(second));
      fans.union(target(first), second);
    }
    i = end;
  }
  const fanSeen = new Int32Array(count).fill(-1);
  const pinched = new Uint8Array(count);
  for (let corner = 0; corner < triangles.length; corner++) {
    const vertex = triangles[corner]!;
    const fan = fans.find(corner);
    if (fanSeen[vertex] === -1) fanSeen[vertex] = fan;
    else if (fanSeen[vertex] !== fan) pinched[vertex] = 1;
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
    duplicateVertices: countDuplicates(positions, used),
    eulerCharacteristic: counts[0]! - tally.edges + triangles.length / 3,
    components,
    area,
    volume,
  };
};
