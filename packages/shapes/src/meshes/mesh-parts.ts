/** @file The edge-connected parts of a mesh, each with its triangles oriented consistently. */
import { groupHalfEdges, targetOf } from './half-edges.ts';
import { areaVector } from './triangle.ts';

/** An edge-connected part of a mesh: triangles joined by edges of two triangles. */
export interface MeshPart {
  /** Whether every edge has as many triangles in one direction as in the other, after flips. */
  readonly closed: boolean;
  /** The enclosed volume after flips; meaningless unless closed. */
  readonly volume: number;
  /** The number of triangles with the opposite orientation to most of the part's area. */
  readonly turned: number;
  /** Three points inside different triangles of the part. */
  readonly samples: readonly (readonly [number, number, number])[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The parts of a mesh. */
export interface MeshParts {
  readonly parts: readonly MeshPart[];
  /** The index of each triangle's part. */
  readonly partOf: Uint32Array;
  /** 1 for triangles with the opposite orientation to most of their part. */
  readonly flipped: Uint8Array;
}

const NONE = 2 ** 32 - 1;

/** The opposite of each half-edge if the edge has two triangles; else {@link NONE}. */
const matesOf = (order: Uint32Array, starts: Uint32Array): Uint32Array => {
  const mates = new Uint32Array(order.length).fill(NONE);
  for (let edge = 0; edge + 1 < starts.length; edge++) {
    if (starts[edge + 1]! - starts[edge]! !== 2) continue;
    const [a, b] = [order[starts[edge]!]!, order[starts[edge]! + 1]!];
    mates[a] = b;
    mates[b] = a;
  }
  return mates;
};

/**
 * Traverses a part from one triangle and sets `flipped` so that its triangles are oriented consistently. Returns
 * whether the part is orientable.
 */
const walk = (
  triangles: Uint32Array,
  mates: Uint32Array,
  {
    begin,
    part,
    partOf,
    flipped,
    stack,
  }: { begin: number; part: number; partOf: Uint32Array; flipped: Uint8Array; stack: Uint32Array },
): boolean => {
  let [length, orientable] = [1, true];
  stack[0] = begin;
  partOf[begin] = part;
  while (length > 0) {
    const triangle = stack[--length]!;
    for (let half = 3 * triangle; half < 3 * triangle + 3; half++) {
      const mate = mates[half]!;
      if (mate === NONE) continue;
      const other = Math.floor(mate / 3);
      // Triangles that traverse an edge in the same direction are oriented inconsistently.
      const wanted = triangles[half] === triangles[mate] ? 1 - flipped[triangle]! : flipped[triangle]!;
      if (partOf[other] === NONE) {
        partOf[other] = part;
        flipped[other] = wanted;
        stack[length++] = other;
      } else if (flipped[other] !== wanted) orientable = false;
    }
  }
  return orientable;
};

const middle = (positions: Float32Array, triangles: Uint32Array, triangle: number): [number, number, number] => {
  const at = (k: number): number =>
    [0, 1, 2].reduce((sum, corner) => sum + positions[3 * triangles[3 * triangle + corner]! + k]!, 0) / 3;
  return [at(0), at(1), at(2)];
};

/**
 * Splits a mesh into its edge-connected parts.
 *
 * @param triangles without repeated vertices; vertices with equal positions should have been merged
 */
export const meshParts = (positions: Float32Array, triangles: Uint32Array): MeshParts => {
  const count = triangles.length / 3;
  const { order, starts } = groupHalfEdges(triangles, positions.length / 3);
  const mates = matesOf(order, starts);
  const [partOf, flipped, stack] = [new Uint32Array(count).fill(NONE), new Uint8Array(count), new Uint32Array(count)];
  const orientable: boolean[] = [];
  for (let triangle = 0; triangle < count; triangle++)
    if (partOf[triangle] === NONE)
      orientable.push(walk(triangles, mates, { begin: triangle, part: orientable.length, partOf, flipped, stack }));
  const size = orientable.length;
  const [areas, flippedAreas, volumes] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  const [low, high] = [new Float64Array(3 * size).fill(Infinity), new Float64Array(3 * size).fill(-Infinity)];
  const origins = new Float64Array(3 * size);
  const [first, last, largest, largestArea] = [
    new Uint32Array(size).fill(NONE),
    new Uint32Array(size),
    new Uint32Array(size),
    new Float64Array(size).fill(-1),
  ];
  for (let i = 0; i < count; i++) {
    const part = partOf[i]!;
    if (first[part] === NONE) {
      first[part] = i;
      for (let k = 0; k < 3; k++) origins[3 * part + k] = positions[3 * triangles[3 * i]! + k]!;
    }
    last[part] = i;
    const vector = areaVector(positions, triangles, i);
    const area = Math.hypot(...vector);
    const sign = flipped[i] === 1 ? -1 : 1;
    areas[part]! += area;
    if (sign < 0) flippedAreas[part]! += area;
    if (area > largestArea[part]!) [largestArea[part], largest[part]] = [area, i];
    for (let k = 0; k < 3; k++) {
      volumes[part]! += (sign * vector[k]! * (positions[3 * triangles[3 * i]! + k]! - origins[3 * part + k]!)) / 3;
      for (let corner = 0; corner < 3; corner++) {
        const value = positions[3 * triangles[3 * i + corner]! + k]!;
        if (value < low[3 * part + k]!) low[3 * part + k] = value;
        if (value > high[3 * part + k]!) high[3 * part + k] = value;
      }
    }
  }
  // The orientation of most of the area is kept; a part that is not orientable is not changed.
  const opposite = Uint8Array.from({ length: size }, (_, part) => (2 * flippedAreas[part]! > areas[part]! ? 1 : 0));
  const turned = new Uint32Array(size);
  for (let i = 0; i < count; i++) {
    flipped[i] = orientable[partOf[i]!] ? flipped[i]! ^ opposite[partOf[i]!]! : 0;
    turned[partOf[i]!]! += flipped[i]!;
  }
  const open = findOpen(triangles, { order, starts }, partOf, flipped);
  const parts = orientable.map(
    (agrees, part): MeshPart => ({
      closed: agrees && !open.has(part),
      volume: opposite[part] === 1 ? -volumes[part]! : volumes[part]!,
      turned: turned[part]!,
      samples: [first[part]!, largest[part]!, last[part]!].map(triangle => middle(positions, triangles, triangle)),
      low: [...low.subarray(3 * part, 3 * part + 3)],
      high: [...high.subarray(3 * part, 3 * part + 3)],
    }),
  );
  return { parts, partOf, flipped };
};

/** Finds the parts with an edge that has more triangles in one direction than in the other. */
const findOpen = (
  triangles: Uint32Array,
  { order, starts }: { readonly order: Uint32Array; readonly starts: Uint32Array },
  partOf: Uint32Array,
  flipped: Uint8Array,
): ReadonlySet<number> => {
  const open = new Set<number>();
  for (let edge = 0; edge + 1 < starts.length; edge++) {
    const [begin, end] = [starts[edge]!, starts[edge + 1]!];
    const direction = (half: number): number =>
      triangles[half]! < triangles[targetOf(half)]! === (flipped[Math.floor(half / 3)] === 0) ? 1 : -1;
    const [first, second] = [order[begin]!, order[begin + 1]!];
    const mine = partOf[Math.floor(first / 3)]!;
    if (end - begin === 2 && mine === partOf[Math.floor(second / 3)]) {
      if (direction(first) === direction(second)) open.add(mine);
      continue;
    }
    const balance = new Map<number, number>();
    for (let i = begin; i < end; i++) {
      const part = partOf[Math.floor(order[i]! / 3)]!;
      balance.set(part, (balance.get(part) ?? 0) + direction(order[i]!));
    }
    for (const [part, sum] of balance) if (sum !== 0) open.add(part);
  }
  return open;
};
