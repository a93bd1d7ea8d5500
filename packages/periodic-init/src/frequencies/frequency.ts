/**
 * @file Integer frequencies: a vector q of integers stands for the angular frequency 2 pi q / p, with p the period. A
 *   sine with the frequency -q and the phase phi is one with q and another phase, so only half of all vectors are used.
 */
import type { Rng } from '@neural-fields/core';

/** One integer for each coordinate. */
export type Frequency = readonly number[];

/** Whether the first number that is not 0 is positive: true for exactly one of q and -q, false for 0. */
export const isInHalfSpace = (frequency: Frequency): boolean => (frequency.find(component => component !== 0) ?? 0) > 0;

/** The largest absolute value of a component. */
export const maxNorm = (frequency: Frequency): number => Math.max(...frequency.map(Math.abs));

/** One frequency as text, to compare frequencies. */
export const keyOf = (frequency: Frequency): string => frequency.join();

/** The unit vectors, so that every coordinate alone has the longest period. */
export const unitFrequencies = (inFeatures: number): Frequency[] =>
  Array.from({ length: inFeatures }, (_, axis) => Array.from({ length: inFeatures }, (__, i) => (i === axis ? 1 : 0)));

/**
 * The multiples of `step` in the half-space with components up to `bound` in absolute value, in lexicographic order.
 *
 * @param bound a number >= 0
 */
export const latticeFrequencies = (inFeatures: number, bound: number, step = 1): Frequency[] => {
  const most = Math.floor(bound / step);
  const axis = Array.from({ length: 2 * most + 1 }, (_, i) => (i - most) * step);
  let all: Frequency[] = [[]];
  for (let i = 0; i < inFeatures; i++) {
    // The first component of a vector in the half-space is not negative.
    const components = i === 0 ? axis.slice(most) : axis;
    all = all.flatMap(start => components.map(component => [...start, component]));
  }
  return all.filter(isInHalfSpace);
};

/** The first `count` of a random permutation of the list; all of them where there are fewer. */
export const drawDistinct = <T>(list: readonly T[], count: number, rng: Rng): T[] => {
  const rest = [...list];
  const length = Math.min(count, rest.length);
  for (let i = 0; i < length; i++) {
    const j = i + rng.integer(rest.length - i);
    const chosen = rest[j] as T;
    rest[j] = rest[i] as T;
    rest[i] = chosen;
  }
  return rest.slice(0, length);
};

/** `count` elements, each as likely as any other, whatever was drawn before. */
export const drawRepeated = <T>(list: readonly T[], count: number, rng: Rng): T[] =>
  list.length === 0 ? [] : Array.from({ length: count }, () => list[rng.integer(list.length)] as T);
