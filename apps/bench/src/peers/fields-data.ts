/** @file The arrays of many small fields. */
import { readFileSync } from 'node:fs';
import type { FieldsProblem } from '../protocol.ts';

/** The number of outputs of each field: a colour. */
export const OUT_FEATURES = 3;

/** The sizes of the layers of one field: 2, w, ..., w, 3. */
export const fieldSizes = ({ width, layers }: Pick<FieldsProblem, 'width' | 'layers'>): readonly number[] => [
  2,
  ...Array.from({ length: layers }, () => width),
  OUT_FEATURES,
];

/** P, the number of parameters of one field. */
export const parametersOfOne = (size: Pick<FieldsProblem, 'width' | 'layers'>): number => {
  const sizes = fieldSizes(size);
  return sizes.slice(1).reduce((sum, outFeatures, i) => sum + ((sizes[i] as number) + 1) * outFeatures, 0);
};

/** The arrays of the fields in memory. */
export interface FieldsData {
  /** f32[b, P] */
  readonly parameters: Float32Array<ArrayBuffer>;
  /** f32[n, 2] */
  readonly coords: Float32Array<ArrayBuffer>;
  /** f32[b, n, 3] */
  readonly targets: Float32Array<ArrayBuffer>;
}

/** A file of little-endian float32 values. */
export const readFloats = (file: string): Float32Array<ArrayBuffer> => {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
};

/** Reads the arrays of the fields. @throws RangeError when a file has another length */
export const readFields = (problem: FieldsProblem): FieldsData => {
  const read = (file: string, count: number): Float32Array<ArrayBuffer> => {
    const values = readFloats(file);
    if (values.length !== count) throw new RangeError(`${file} must have ${count} values, got ${values.length}`);
    return values;
  };
  const { fields, points } = problem;
  return {
    parameters: read(problem.parametersFile, fields * parametersOfOne(problem)),
    coords: read(problem.coordsFile, 2 * points),
    targets: read(problem.targetsFile, fields * points * OUT_FEATURES),
  };
};

/** The part of an array that belongs to one field. */
export const partOfField = <T extends Float32Array | Float64Array>(all: T, fields: number, field: number): T => {
  const size = all.length / fields;
  return all.subarray(field * size, (field + 1) * size) as T;
};
