/** @file How work on each number of long vectors is cut. */

/** Numbers of each vector that go through WebAssembly at once: 1 MiB. */
export const BLOCK: number = 2 ** 18;
/** Bytes that a thread takes at a time. */
export const TILE_BYTES: number = 2 ** 14;
/** Numbers below which waking the other threads takes longer than the work. */
export const WORTH_SHARING: number = 2 ** 15;
