/** @file How elementwise work on long vectors is divided. */

/** Elements of each vector that are copied to WebAssembly at once: 1 MiB. */
export const MAX_BLOCK_LENGTH: number = 2 ** 18;
/** Bytes that a thread processes at a time. */
export const TILE_BYTES: number = 2 ** 14;
/** Below this number of elements, waking the other threads takes longer than the work. */
export const MIN_PARALLEL_LENGTH: number = 2 ** 15;
