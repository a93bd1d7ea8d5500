/**
 * @file A random permutation in constant memory: an alternating Feistel network on the next power of two, iterated
 *   until the value is in range (cycle walking; Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA
 *   2002, sections 3 and 4). It cannot produce all n! orders; for mini-batches it only needs to look random.
 */
import type { Rng } from '@neural-fields/core';

const ROUNDS = 8;

/** The finaliser of MurmurHash3. */
const mix = (word: number): number => {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
};

/** Random 32-bit keys, one for each round of the network. */
export const permutationKeys = (rng: Rng): readonly number[] => {
  const keyRng = rng.fork('permutation');
  return Array.from({ length: ROUNDS }, () => keyRng.integer(0x100000000));
};

/** The keys of one of many independent permutations, derived without creating another generator. */
export const derivedKeys = (keys: readonly number[], index: number): readonly number[] => {
  const word = mix(index + 1);
  return keys.map(key => mix(key ^ word));
};

/**
 * A permutation of 0 ... `length` - 1.
 *
 * @param length at most 2^53
 * @returns a bijection on the indices, evaluated in O(1) time on average and O(1) memory
 */
export const createPermutation = (length: number, rng: Rng): ((index: number) => number) =>
  keyedPermutation(length, permutationKeys(rng));

/** The permutation of 0 ... `length` - 1 with the given keys. */
export const keyedPermutation = (length: number, keys: readonly number[]): ((index: number) => number) => {
  let bits = 1;
  while (2 ** bits < length) bits++;
  const lowBits = bits >> 1;
  const lowSize = 2 ** lowBits;
  const lowMask = lowSize - 1;
  const highMask = 2 ** (bits - lowBits) - 1;
  const encipher = (value: number): number => {
    let high = Math.floor(value / lowSize);
    let low = value % lowSize;
    for (let round = 0; round < ROUNDS; round += 2) {
      high ^= mix(low ^ keys[round]!) & highMask;
      low ^= mix(high ^ keys[round + 1]!) & lowMask;
    }
    return high * lowSize + low;
  };
  return index => {
    let value = index;
    do value = encipher(value);
    while (value >= length);
    return value;
  };
};
