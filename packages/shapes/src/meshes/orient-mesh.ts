import { assertMesh, type Mesh } from '../shape.ts';
import { type MeshParts, meshParts } from './mesh-parts.ts';
import { nearPlaces } from './near-places.ts';
import { partNesting } from './part-nesting.ts';
import { areaVector } from './triangle.ts';

/** A mesh whose closed bodies face outwards, and what was done to it. */
export interface OrientedMesh {
  readonly mesh: Mesh;
  /**
   * Parts that hang together by edges, vertices at one place being one: those that are closed, and those that are not
   * or cannot be turned to face one way.
   */
  readonly closedParts: number;
  readonly openParts: number;
  /** Triangles that faced the other way than most of their part, and were turned round. */
  readonly turnedTriangles: number;
  /** Closed parts that were turned round as a whole. */
  readonly turnedParts: number;
  /** Closed parts inside of a solid that face the same way as it: surfaces with the inside on both of their sides. */
  readonly buriedParts: number;
  /** False where there are too many parts to tell which lies inside which; the whole is then judged by its volume. */
  readonly nestingKnown: boolean;
}

/** Which closed parts are to be turned, and how many lie in solids. */
const judgeParts = (
  { parts }: MeshParts,
  nesting: ReadonlyMap<number, readonly number[]>,
): { readonly turn: ReadonlySet<number>; readonly buried: number } => {
  const [factor, final] = [new Map<number, number>(), new Map<number, number>()];
  let buried = 0;
  // From outside to inside: what contains a body has fewer bodies around it.
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

/** Normals that agree with triangles: negated at points of turned ones where they point away from the new front. */
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
 * Turns the triangles of a mesh to face outwards, each part by itself. Vertices at the same place count as one, whether
 * or not triangles share them; the mesh keeps them as they are.
 *
 * Within a part, triangles are turned to face as most of its area does, so that they run along each shared edge in
 * opposite directions. A closed part that then has a negative volume faces inwards. Of parts inside others it depends:
 * a part that faces inwards in a solid is a cavity, and right. The rule is that no place may be wound around a negative
 * number of times: from outside to inside, a part that faces inwards where the winding number around it is 0 is turned
 * round, together with everything inside it. A file that is inside out as a whole is therefore read as its opposite,
 * cavities included, and so is each of several bodies side by side. Open parts keep the direction of most of their
 * area.
 *
 * @throws RangeError, ShapeError when the arrays are no mesh
 */
export const orientMesh = (mesh: Mesh): OrientedMesh => {
  assertMesh('orientMesh', mesh);
  const { positions, triangles, normals } = mesh;
  const { target, first } = nearPlaces(positions, triangles);
  // Welded corners are called by the first point at their place; triangles without three places have no side to face.
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
    turnedTriangles: parts.reduce((sum, { turned }) => sum + turned, 0),
    turnedParts: turn.size,
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
