import type { FuzzTarget } from './fuzz-target.ts';
import { byteMutations, type Material } from './mutate-bytes.ts';
import { textMutations } from './mutate-text.ts';
import { createRng } from './rng.ts';

/**
 * The maximum length of mutated inputs, unless the seed is longer: a short one for most, which is fast, and a long one
 * for some, which reveals superlinear growth.
 */
const LARGEST = { most: 2 ** 14, some: 2 ** 18 };

/** The part of a target that mutations depend on. */
export type Mutable = Pick<FuzzTarget, 'name' | 'tokens' | 'repair'>;

/** Whether an input begins like text, for which mutations of words are more effective than those of bytes. */
const looksLikeText = (bytes: Uint8Array): boolean => {
  const head = bytes.subarray(0, 512);
  return (
    head.filter(byte => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127)).length >
    0.9 * head.length
  );
};

/**
 * The mutated input of one case: one of the seeds with one to a dozen stacked mutations. It depends only on the target,
 * its seeds and these two numbers, so each case can be reproduced independently.
 */
export const mutate = (
  target: Mutable,
  seeds: readonly Uint8Array[],
  { seed, index }: { readonly seed: number; readonly index: number },
): Uint8Array<ArrayBuffer> => {
  const rng = createRng(`${seed}/${target.name}/${index}`);
  let bytes = rng.pick(seeds);
  const limit = Math.max(rng.chance(0.05) ? LARGEST.some : LARGEST.most, bytes.length + 1024);
  const material: Material = { rng, seeds, tokens: target.tokens ?? [], limit };
  const text = looksLikeText(bytes) ? 0.75 : 0.25;
  // A single mutation gets past most checks; many together give unforeseen inputs.
  for (let stacked = rng.chance(0.4) ? 1 : rng.small(12); stacked > 0; stacked--) {
    bytes = rng
      .pick(rng.chance(text) ? textMutations : byteMutations)(bytes, material)
      .subarray(0, material.limit);
  }
  // A copy: a buffer that shares its memory with others would hide reads beyond the end.
  const own = new Uint8Array(bytes);
  return target.repair && rng.chance(0.5) ? target.repair(own) : own;
};
