/** @file The table rows of grid vertices, in tfjs ops. */
import {
  add,
  bitwiseAnd,
  cast,
  fill,
  floor,
  floorDiv,
  gather,
  getBackend,
  greater,
  mul,
  onesLike,
  scalar,
  sub,
  type Tensor,
  type Tensor1D,
  tensor1d,
  where,
} from '@tensorflow/tfjs-core';
import { blocksAlong, type GridBlocks } from './grid-blocks.ts';
import { HASH_PRIMES } from './grid-hash.ts';
import type { GridLevel } from './operation.ts';

/** An int32 scalar. */
export const integer = (value: number): Tensor => scalar(value, 'int32');

/** a xor b of integers. */
const xor = (a: Tensor, b: Tensor): Tensor => sub(add(a, b), mul(bitwiseAnd(a, b), integer(2)));

const masked = (a: Tensor, mask: number): Tensor => bitwiseAnd(a, fill(a.shape, mask, 'int32'));

/** The hash modulo `rows`, a power of two, in 32-bit integers. */
const hashOf = (vertex: readonly Tensor[], rows: number): Tensor =>
  masked(vertex.map((axis, i) => mul(axis, integer(HASH_PRIMES[i] as number))).reduce(xor), rows - 1);

const BYTE = 256;

/** The lowest `count` bytes of the product of integers below 2^24 and a constant, in exact float32 arithmetic. */
const productBytes = (value: Tensor, factor: number, count: number): Tensor[] => {
  const digits: Tensor[] = [];
  let rest = cast(value, 'float32');
  const split = (x: Tensor): [low: Tensor, high: Tensor] => {
    const high = floor(mul(x, 1 / BYTE));
    return [sub(x, mul(high, BYTE)), high];
  };
  for (let j = 0; j < count; j++) {
    const [low, high] = split(rest);
    digits.push(low);
    rest = high;
  }
  const product: Tensor[] = [];
  let carry: Tensor = mul(onesLike(rest), 0);
  for (let j = 0; j < count; j++) {
    const terms = digits.slice(0, j + 1).map((digit, i) => mul(digit, (factor >>> (8 * (j - i))) & (BYTE - 1)));
    const [low, high] = split(terms.reduce((sum, term) => add(sum, term), carry));
    product.push(low);
    carry = high;
  }
  return product;
};

/** {@link hashOf} byte by byte, for a backend whose int32 tensors hold float32 values. */
const hashOfBytes = (vertex: readonly Tensor[], rows: number): Tensor => {
  const count = Math.max(1, Math.ceil(Math.log2(rows) / 8));
  const bytes = vertex.map((axis, i) => productBytes(axis, HASH_PRIMES[i] as number, count));
  return Array.from({ length: count }, (_, j) => {
    const mixed = bytes.map(all => cast(all[j] as Tensor, 'int32')).reduce(xor);
    return mul(masked(mixed, ((rows - 1) >>> (8 * j)) & (BYTE - 1)), integer(BYTE ** j));
  }).reduce((sum, byte) => add(sum, byte));
};

/** sum_k a_k base^k */
const positional = (axes: readonly Tensor[], base: number): Tensor => {
  const [first, ...others] = axes as [Tensor, ...Tensor[]];
  return others.reduce((sum, axis, i) => add(sum, mul(axis, integer(base ** (i + 1)))), first);
};

/** `rowInBlocks` of `grid-blocks.ts`. */
const rowsInBlocks = (vertex: readonly Tensor[], resolution: number, { log2Size, firstRows }: GridBlocks): Tensor => {
  const size = 2 ** log2Size;
  const blocks = vertex.map(axis => floorDiv(axis, integer(size)));
  const local = vertex.map((axis, i) => sub(axis, mul(blocks[i] as Tensor, integer(size))));
  const directory = tensor1d(firstRows, 'int32');
  const first = gather(directory, positional(blocks, blocksAlong(resolution, log2Size)) as Tensor1D);
  return where(greater(first, integer(0)), add(first, positional(local, size)), first);
};

/** The table row of a vertex for each point, `int32[n]`; `vertex` has its coordinates axis by axis. */
export const rowsOf = (vertex: readonly Tensor[], level: GridLevel): Tensor => {
  const { resolution, firstRow, rows, hashed, blocks } = level;
  if (blocks) return add(rowsInBlocks(vertex, resolution, blocks), integer(firstRow));
  if (hashed) {
    const hash = getBackend() === 'webgl' ? hashOfBytes : hashOf;
    return add(hash(vertex, rows), integer(firstRow));
  }
  return add(positional(vertex, resolution + 1), integer(firstRow));
};
