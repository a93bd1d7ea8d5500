/**
 * Inputs that a shader binds at a time: with what it writes they stay within the storage buffers that WebGPU promises
 * everywhere, eight.
 */
const MOST_INPUTS = 6;

/** Some inputs at a time. */
export const inChunks = <T>(inputs: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(inputs.length / MOST_INPUTS) }, (_, chunk) =>
    inputs.slice(chunk * MOST_INPUTS, (chunk + 1) * MOST_INPUTS),
  );
