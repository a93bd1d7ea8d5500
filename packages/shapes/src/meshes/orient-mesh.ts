import { assertMesh, type Mesh } from '../shape.ts';
import { type MeshParts, meshParts } from './mesh-parts.ts';
import { groupNearPoints } from './near-points.ts';
import { partNesting } from './part-nesting.ts';
import { areaVector } from './triangle.ts';

/** A mesh whose closed parts face outwards, and the changes that were made. */
export interface OrientedMesh {
  readonly mesh: Mesh;
  /**
   * The numbers of edge-connected parts, with equal vertices merged: closed parts, and parts that are open or not
   * orientable.
   */
  readonly closedParts: number;
  readonly openParts: number;
  /** Triangles that were flipped because their orientation was opposite to most of their part. */
  readonly flippedTriangles: number;
  /** Closed parts that were flipped as a whole. */
  readonly flippedParts: number;
  /** Closed parts inside a solid with the same orientation as the solid: surfaces with the inside on both sides. */
  readonly buriedParts: number;
  /**
   * False if there are too many parts to determine which lies inside which; the mesh is then oriented by its total
   * volume.
   */
  readonly nestingKnown: boolean;
}

/** Determines which closed parts must be flipped, and how many are buried in solids. */
const judgeParts = (
  { parts }: MeshParts,
  nesting: ReadonlyMap<number, readonly number[]>,
): { readonly turn: ReadonlySet<number>; readonly buried: number } => {
  const [factor, final] = [new Map<number, number>(), new Map<number, number>()];
  let buried = 0;
  // From outside to inside: a container has fewer containers itself.
  const order = [...nesting].sort(([, a], [, b]) => a.length - b.length);
  for (const [part, containers] of order) {
    const outside = containers.reduce((sum, outer) => sum + (final.get(outer) ?? 0), 0);
    const sign =
      Math.sign(parts[part]!.volume) * containers.reduce((product, outer) => product * (factor.get(outer) ?? 1), 1);
    const wrong = outside <= 0 && sign < 0;
    factor.set(part, wrong ? -1 : 1);
    final.set(part, wrong ? 1 : sign);
    if (outside > 0 && sign > 0) buried++;
  }
  return {
    turn: new Set(order.map(([part]) => part).filter(part => final.get(part) !== Math.sign(parts[part]!.volume))),
    buried,
  };
};

/**
 * Makes normals agree with the triangles: those at points of flipped triangles are negated if they point away from the
 * new front.
 */
const agreeing = (
  mesh: Mesh,
  normals: Float32Array,
  triangles: Uint32Array,
  isTurned: (triangle: number) => boolean,
): Float32Array => {
  const sums = new Float64Array(normals.length);
  const touched = new Uint8Array(normals.length / 3);
  for (let i = 0; i < triangles.length / 3; i++) {
    const vector = areaVector(mesh.positions, triangles, i);
    for (let corner = 0; corner < 3; corner++) {
      const point = triangles[3 * i + corner]!;
      if (isTurned(i)) touched[point] = 1;
      for (let k = 0; k < 3; k++) sums[3 * point + k]! += vector[k]!;
    }
  }
  const turned = normals.slice();
  for (let point = 0; point < touched.length; point++) {
    const at = 3 * point;
    const dot = sums[at]! * normals[at]! + sums[at + 1]! * normals[at + 1]! + sums[at + 2]! * normals[at + 2]!;
    if (touched[point] === 1 && dot < 0) for (let k = 0; k < 3; k++) turned[at + k] = -normals[at + k]!;
  }
  return turned;
};

/**
 * Orients the triangles of a mesh outwards, part by part. Vertices with equal positions are treated as one, whether or
 * not triangles share them; the mesh's vertices are not changed.
 *
 * Within a part, triangles are flipped to match the orientation of most of its area, so that they traverse each shared
 * edge in opposite directions. A closed part that then has a negative volume faces inwards. Inside a solid this is
 * correct: the part is a cavity. The rule is that no winding number may be negative: from outside to inside, a part
 * that faces inwards where the surrounding winding number is 0 is flipped, together with everything inside it. A file
 * that is inside out as a whole is therefore inverted, cavities included, and so is each of several separate bodies.
 * Open parts keep the orientation of most of their area.
 *
 * @throws RangeError, ShapeError when the arrays are not a valid mesh
 */
export const orientMesh = (mesh: Mesh): OrientedMesh => {
  assertMesh('orientMesh', mesh);
  const { positions, triangles, normals } = mesh;
  const { target, first } = groupNearPoints(positions, triangles);
  // Merged vertices are represented by their first point; triangles without three distinct vertices have no
  // orientation.
  const [welded, kept] = [new Uint32Array(triangles.length), new Uint32Array(triangles.length / 3)];
  let count = 0;
  for (let i = 0; i < kept.length; i++) {
    const a = first[target[triangles[3 * i]!]!]!;
    const b = first[target[triangles[3 * i + 1]!]!]!;
    const c = first[target[triangles[3 * i + 2]!]!]!;
    if (a === b || b === c || c === a) continue;
    welded[3 * count] = a;
    welded[3 * count + 1] = b;
    welded[3 * count + 2] = c;
    kept[count++] = i;
  }
  const whole = welded.subarray(0, 3 * count);
  const found = meshParts(positions, whole);
  const { parts, partOf, flipped } = found;
  const nesting = partNesting(positions, whole, found);
  const judged = nesting && judgeParts(found, nesting);
  const closed = parts.filter(part => part.closed);
  const inwards = closed.reduce((sum, { volume }) => sum + volume, 0) < 0;
  const turn = judged?.turn ?? new Set(inwards ? parts.flatMap((part, i) => (part.closed ? [i] : [])) : []);
  const isTurned = new Uint8Array(kept.length);
  for (let i = 0; i < count; i++) isTurned[kept[i]!] = flipped[i]! ^ (turn.has(partOf[i]!) ? 1 : 0);
  const result = {
    closedParts: closed.length,
    openParts: parts.length - closed.length,
    flippedTriangles: parts.reduce((sum, { turned }) => sum + turned, 0),
    flippedParts: turn.size,
    buriedParts: judged?.buried ?? 0,
    nestingKnown: nesting !== undefined,
  };
  if (!isTurned.includes(1)) return { mesh, ...result };
  const facing = triangles.slice();
  for (let i = 0; i < isTurned.length; i++)
    if (isTurned[i] === 1) [facing[3 * i + 1], facing[3 * i + 2]] = [triangles[3 * i + 2]!, triangles[3 * i + 1]!];
  const own = normals && { normals: agreeing(mesh, normals, facing, triangle => isTurned[triangle] === 1) };
  return { mesh: { ...mesh, triangles: facing, ...own }, ...result };
};
