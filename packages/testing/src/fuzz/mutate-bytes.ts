import type { Rng } from './rng.ts';

/** The context of a mutation. */
export interface Material {
  readonly rng: Rng;
  /** The seeds, to splice with. */
  readonly seeds: readonly Uint8Array[];
  /** Tokens of the format. */
  readonly tokens: readonly string[];
  /** The maximum length of the result, in bytes. */
  readonly limit: number;
}

/** One way to damage an input. It may return the same bytes if it does not apply. */
export type Mutation = (bytes: Uint8Array, material: Material) => Uint8Array;

const BYTES = [0, 1, 9, 10, 13, 32, 45, 46, 48, 57, 101, 127, 128, 192, 254, 255];

/** Concatenates byte arrays. */
export const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Replaces the bytes in [begin, end) by others. */
export const replace = (bytes: Uint8Array, begin: number, end: number, by: Uint8Array): Uint8Array =>
  join(bytes.subarray(0, begin), by, bytes.subarray(end));

const chunk = (bytes: Uint8Array, rng: Rng): [begin: number, end: number] => {
  const length = rng.small(Math.max(1, bytes.length));
  const begin = rng.below(Math.max(1, bytes.length - length + 1));
  return [begin, Math.min(bytes.length, begin + length)];
};

const flipBits: Mutation = (bytes, { rng }) => {
  const copy = bytes.slice();
  for (let count = rng.small(16); count > 0 && copy.length > 0; count--) {
    const at = rng.below(copy.length);
    copy[at] = (copy[at] as number) ^ (1 << rng.below(8));
  }
  return copy;
};

const setBytes: Mutation = (bytes, { rng }) => {
  const copy = bytes.slice();
  const [begin, end] = chunk(bytes, rng);
  if (rng.chance(0.5)) copy.fill(rng.pick(BYTES), begin, Math.min(end, begin + 8));
  else for (let i = begin; i < Math.min(end, begin + 8); i++) copy[i] = rng.below(256);
  return copy;
};

const integers = (length: number): readonly bigint[] => [
  0n,
  1n,
  -1n,
  ...[7n, 8n, 15n, 16n, 24n, 31n, 32n, 48n, 53n, 62n, 63n].flatMap(bits => [
    2n ** bits - 1n,
    2n ** bits,
    -(2n ** bits),
  ]),
  ...[-1n, 0n, 1n].map(offset => BigInt(length) + offset),
];

const setInteger: Mutation = (bytes, { rng }) => {
  const width = rng.pick([1, 2, 4, 8]);
  if (bytes.length < width) return bytes;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  // Fields of a format are mostly in its first bytes, at multiples of their width.
  const within = rng.chance(0.5) ? Math.min(bytes.length, 128) : bytes.length;
  const at = rng.below(Math.max(1, within - width + 1));
  const aligned = rng.chance(0.7) ? at - (at % width) : at;
  const value = BigInt.asUintN(64, rng.chance(0.2) ? BigInt(rng.small(2 ** 31)) : rng.pick(integers(bytes.length)));
  const little = rng.chance(0.5);
  if (width === 1) view.setUint8(aligned, Number(value & 0xffn));
  else if (width === 2) view.setUint16(aligned, Number(value & 0xffffn), little);
  else if (width === 4) view.setUint32(aligned, Number(value & 0xffff_ffffn), little);
  else view.setBigUint64(aligned, value, little);
  return copy;
};

const setFloat: Mutation = (bytes, { rng }) => {
  const width = rng.pick([4, 8]);
  if (bytes.length < width) return bytes;
  const copy = bytes.slice();
  const at = rng.below(bytes.length - width + 1);
  const value = rng.pick([Number.NaN, Infinity, -Infinity, -0, 1e-310, 1e300, -1e300, 3.4e38, 1e-45, 2 ** 24 + 1]);
  const view = new DataView(copy.buffer);
  if (width === 4) view.setFloat32(at, value, rng.chance(0.7));
  else view.setFloat64(at, value, rng.chance(0.7));
  return copy;
};

const remove: Mutation = (bytes, { rng }) => replace(bytes, ...chunk(bytes, rng), new Uint8Array());

const duplicate: Mutation = (bytes, { rng, limit }) => {
  const [begin, end] = chunk(bytes, rng);
  const piece = bytes.subarray(begin, end);
  const times = Math.min(rng.small(10_000), Math.floor((limit - bytes.length) / Math.max(1, piece.length)));
  if (times < 1) return bytes;
  return replace(bytes, end, end, join(...new Array<Uint8Array>(times).fill(piece)));
};

const insertNoise: Mutation = (bytes, { rng }) => {
  const noise = Uint8Array.from({ length: rng.small(64) }, () => rng.below(256));
  const at = rng.below(bytes.length + 1);
  return replace(bytes, at, at, noise);
};

const swap: Mutation = (bytes, { rng }) => {
  const [a, b, c, d] = [0, 0, 0, 0].map(() => rng.below(bytes.length + 1)).sort((x, y) => x - y) as [
    number,
    number,
    number,
    number,
  ];
  return join(
    bytes.subarray(0, a),
    bytes.subarray(c, d),
    bytes.subarray(b, c),
    bytes.subarray(a, b),
    bytes.subarray(d),
  );
};

const copyWithin: Mutation = (bytes, { rng }) => {
  const [begin, end] = chunk(bytes, rng);
  return bytes.slice().copyWithin(rng.below(bytes.length + 1), begin, end);
};

const truncate: Mutation = (bytes, { rng }) =>
  rng.chance(0.5)
    ? bytes.subarray(0, rng.below(bytes.length + 1))
    : bytes.subarray(0, Math.max(0, bytes.length - rng.small(64)));

const extend: Mutation = (bytes, { rng, limit }) => {
  const length = rng.small(Math.max(1, limit - bytes.length));
  return join(bytes, new Uint8Array(length).fill(rng.chance(0.7) ? 0 : rng.pick(BYTES)));
};

const splice: Mutation = (bytes, { rng, seeds }) => {
  const other = rng.pick(seeds);
  if (rng.chance(0.5))
    return join(bytes.subarray(0, rng.below(bytes.length + 1)), other.subarray(rng.below(other.length + 1)));
  return replace(bytes, ...chunk(bytes, rng), other.subarray(...chunk(other, rng)));
};

/** Mutations that treat the input as bytes. */
export const byteMutations: readonly Mutation[] = [
  flipBits,
  flipBits,
  setBytes,
  setInteger,
  setInteger,
  setFloat,
  remove,
  duplicate,
  insertNoise,
  swap,
  copyWithin,
  truncate,
  extend,
  splice,
];
