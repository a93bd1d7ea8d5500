/**
 * @file Explicit randomness. Every random number of the library comes from an `Rng` that is passed in. There is no
 *   global state, so the same seed gives the same numbers on every backend, and a resumed run can regenerate the
 *   numbers of any step.
 */
import { assertFinite } from './assert-number.ts';

/** A source of random numbers. Calls advance it; `fork` does not. */
export interface Rng {
  /** The next number, uniform on [0, 1) with 24 random bits, exact in float32. */
  uniform(): number;
  /** The next number from the standard normal distribution. */
  normal(): number;
  /** The next integer, uniform on 0 ... `bound` - 1. `bound` is at most 2^32. */
  integer(bound: number): number;
  /**
   * An independent generator that depends only on this one's seed and on `path`, not on how many numbers were drawn.
   */
  fork(...path: readonly (number | string)[]): Rng;
}

const rotateLeft = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/** The finaliser of MurmurHash3: a bijection of 32-bit words in which every input bit affects every output bit. */
const mix = (word: number): number => {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

const GOLDEN = 0x9e3779b9;

/** Folds one more word into a four-word key. */
const absorb = (key: Uint32Array, word: number): void => {
  for (let i = 0; i < 4; i++)
    key[i] = mix((key[i] as number) ^ mix(word + Math.imul(GOLDEN, i + 1))) + Math.imul(GOLDEN, i + 1);
};

const absorbNumber = (key: Uint32Array, value: number): void => {
  const words = new Uint32Array(new Float64Array([value]).buffer);
  absorb(key, words[0] as number);
  absorb(key, words[1] as number);
};

const absorbPath = (key: Uint32Array, part: number | string): void => {
  if (typeof part === 'number') {
    absorb(key, 1);
    absorbNumber(key, part);
  } else {
    absorb(key, 2 + part.length);
    for (let i = 0; i < part.length; i++) absorb(key, part.charCodeAt(i));
  }
};

const fromKey = (key: Uint32Array): Rng => {
  // xoshiro128**: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021, arXiv:1805.01407,
  // section 6.
  let [a, b, c, d] = [key[0] as number, key[1] as number, key[2] as number, (key[3] as number) | 1];
  const next = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
  const uniform = (): number => (next() >>> 8) / 0x1000000;
  let spare: number | undefined;
  return {
    uniform,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Box and Muller 1958; 1 - u is never 0.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    integer(bound) {
      if (!(Number.isInteger(bound) && bound >= 1 && bound <= 0x100000000))
        throw new RangeError(`rng.integer: bound must be an integer from 1 to 2^32, got ${bound}`);
      // Rejection keeps it exactly uniform: the last, incomplete run of `bound` words is drawn again.
      const limit = 0x100000000 - (0x100000000 % bound);
      for (;;) {
        const word = next();
        if (word < limit) return word % bound;
      }
    },
    fork(...path) {
      const child = key.slice();
      for (const part of path) absorbPath(child, part);
      return fromKey(child);
    },
  };
};

/**
 * Makes a random generator from a seed: xoshiro128**, keyed by a hash of the seed.
 *
 * @param seed any finite number
 * @throws RangeError when the seed is not finite
 */
export const createRng = (seed: number): Rng => {
  assertFinite('createRng: seed', seed);
  const key = new Uint32Array([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]); // the first digits of pi
  absorbNumber(key, seed);
  return fromKey(key);
};
