/** The primes of the spatial hash: Mueller et al. 2022, section 3, equation 4; as signed 32-bit integers. */
export const HASH_PRIMES: readonly number[] = [
  1,
  2654435761 | 0,
  805459861,
  3674653429 | 0,
  2097192037,
  1434869437,
  2165219737 | 0,
];

/** A level has at most as many axes as there are primes. */
export const MAX_GRID_AXES: number = HASH_PRIMES.length;
