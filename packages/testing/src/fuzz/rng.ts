/** A source of random numbers for mutations, the same on every machine for the same key. */
export interface Rng {
  /** An integer in [0, n). */
  readonly below: (n: number) => number;
  /** A random element of the values. */
  readonly pick: <T>(values: readonly T[]) => T;
  /** True with this probability. */
  readonly chance: (probability: number) => boolean;
  /** A log-uniform integer in [1, n]. */
  readonly small: (n: number) => number;
}

/** Makes a random source from a key: sfc32 (Doty-Humphrey, PractRand), started from an FNV-1a hash of the key. */
export const createRng = (key: string): Rng => {
  let hash = 0x811c9dc5;
  const words = [0, 0, 0].map((_, word) => {
    for (const character of `${key}/${word}`) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
    return hash | 0;
  });
  let [a, b, c] = words as [number, number, number];
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    pick: <T>(values: readonly T[]): T => {
      if (values.length === 0) throw new RangeError('rng: wanted values to pick from, got none');
      return values[below(values.length)] as T;
    },
    chance: probability => next() < probability,
    small: n => Math.min(n, Math.max(1, Math.floor(Math.exp(next() * Math.log(n + 1))))),
  };
};
