import type { Mesh } from '../shape.ts';

const nextPowerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, n)));

/**
 * Joins points at exactly the same place, so that triangles which touch share their corners. -0 and 0 are the same place; triangles that lose
 * a corner are left out.
 *
 * Where normals are given, a joined point's normal is the direction of the sum of all normals there.
 *
 * @param soup points without or with triangles; without, each three points in a row are one
 */
export const weld = (soup: {
  readonly positions: Float32Array;
  readonly normals?: Float32Array | undefined;
  readonly triangles?: Uint32Array;
}): Mesh => {
  const { positions, normals, triangles } = soup;
  const count = positions.length / 3;
  // Open addressing on the bits of the coordinates: a Map of strings needs ten times the memory.
  const bits = new Int32Array(positions.map(value => value + 0).buffer);
  const mask = nextPowerOfTwo(2 * count) - 1;
  const table = new Int32Array(mask + 1).fill(-1);
  const target = new Uint32Array(count);
  const first = new Uint32Array(count);
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [bits[3 * i]!, bits[3 * i + 1]!, bits[3 * i + 2]!];
    let slot = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca6b) ^ Math.imul(z, 0xc2b2ae35);
    slot = Math.imul(slot ^ (slot >>> 15), 0x27d4eb2f);
    slot = (slot ^ (slot >>> 13)) & mask;
    for (; ; slot = (slot + 1) & mask) {
      const known = table[slot]!;
      if (known < 0) {
        table[slot] = kept;
        first[kept] = i;
        target[i] = kept++;
        break;
      }
      const at = 3 * first[known]!;
      if (bits[at] === x && bits[at + 1] === y && bits[at + 2] === z) {
        target[i] = known;
        break;
      }
    }
  }
  const points = new Float32Array(3 * kept);
  for (let i = 0; i < kept; i++) points.set(positions.subarray(3 * first[i]!, 3 * first[i]! + 3), 3 * i);
  const corners = triangles ? triangles.length : count;
  const joined = new Uint32Array(corners);
  let length = 0;
  for (let i = 0; i + 2 < corners; i += 3) {
    const [a, b, c] = triangles
      ? [target[triangles[i]!]!, target[triangles[i + 1]!]!, target[triangles[i + 2]!]!]
      : [target[i]!, target[i + 1]!, target[i + 2]!];
    if (a === b || b === c || c === a) continue;
    joined.set([a, b, c], length);
    length += 3;
  }
  const mesh = { positions: points, triangles: joined.slice(0, length) };
  if (!normals) return mesh;
  const sums = new Float32Array(3 * kept);
  for (let i = 0; i < count; i++) for (let k = 0; k < 3; k++) sums[3 * target[i]! + k]! += normals[3 * i + k]!;
  return { ...mesh, normals: normalise(sums) };
};

/** Rows scaled to length 1, in place; rows of length 0 stay. */
export const normalise = (vectors: Float32Array): Float32Array => {
  for (let i = 0; i < vectors.length; i += 3) {
    const length = Math.hypot(vectors[i]!, vectors[i + 1]!, vectors[i + 2]!);
    if (length > 0) for (let k = 0; k < 3; k++) vectors[i + k]! /= length;
  }
  return vectors;
};
