/** @file The arrays of a problem. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Problem } from '../protocol.ts';

/** The sizes of the layers of 2-w-w-w-w-1. */
export const layerSizes = (width: number): readonly number[] => [2, width, width, width, width, 1];

/** The number of parameters of 2-w-w-w-w-1. */
export const parameterCount = (width: number): number => {
  const sizes = layerSizes(width);
  return sizes.slice(1).reduce((sum, size, i) => sum + ((sizes[i] as number) + 1) * size, 0);
};

/** The parameters by layer, as views of one vector: weights `[in, out]` and biases `[out]`. */
export const splitParameters = (
  flat: Float32Array,
  width: number,
): { readonly weight: Float32Array; readonly bias: Float32Array }[] => {
  const sizes = layerSizes(width);
  let at = 0;
  return sizes.slice(1).map((outFeatures, i) => {
    const weight = flat.subarray(at, at + (sizes[i] as number) * outFeatures);
    const bias = flat.subarray(at + weight.length, at + weight.length + outFeatures);
    at += weight.length + outFeatures;
    return { weight, bias };
  });
};

/** The number of values of a target. */
export const targetWidth = ({ supervision }: Pick<Problem, 'supervision'>): number =>
  supervision === 'gradient' ? 2 : 1;

const readStart = (file: string, count: number): Float32Array<ArrayBuffer> => {
  const values = new Float32Array(count);
  const bytes = new Uint8Array(values.buffer);
  const handle = openSync(file, 'r');
  try {
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(handle, bytes, at, bytes.length - at, at);
      if (read === 0) throw new RangeError(`${file} must have ${count} values, got ${Math.floor(at / 4)}`);
      at += read;
    }
  } finally {
    closeSync(handle);
  }
  return values;
};

/** A problem's arrays in memory. */
export interface ProblemData {
  readonly parameters: Float32Array<ArrayBuffer>;
  /** f32[n, 2] */
  readonly coords: Float32Array<ArrayBuffer>;
  /** f32[n, 1] or f32[n, 2] */
  readonly targets: Float32Array<ArrayBuffer>;
}

/** Reads the arrays of a problem. */
export const readProblem = (problem: Problem): ProblemData => ({
  parameters: readStart(problem.parametersFile, parameterCount(problem.width)),
  coords: readStart(problem.coordsFile, 2 * problem.points),
  targets: readStart(problem.targetsFile, targetWidth(problem) * problem.points),
});
