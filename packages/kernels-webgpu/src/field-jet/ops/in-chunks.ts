/**
 * Inputs that a shader binds at a time: together with its output they stay within the eight storage buffers that WebGPU
 * guarantees.
 */
const MAX_INPUTS = 6;

/** Splits inputs into chunks. */
export const inChunks = <T>(inputs: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(inputs.length / MAX_INPUTS) }, (_, chunk) =>
    inputs.slice(chunk * MAX_INPUTS, (chunk + 1) * MAX_INPUTS),
  );
