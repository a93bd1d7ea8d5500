/** @file Writes MATLAB files of version 5, for tests. */
import { deflateSync } from 'node:zlib';

/** An array `[rows, columns]`, row-major. */
export interface Matrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly real: ArrayLike<number>;
  readonly imaginary?: ArrayLike<number>;
  /** What the file says in place of `shape`. */
  readonly claimed?: readonly number[];
}

/** How a file is written. */
export interface MatlabFormat {
  readonly compressed?: boolean;
  readonly little?: boolean;
}

/** The bytes of a file with these arrays of float64. */
export const encodeMatlab = (
  arrays: Readonly<Record<string, Matrix>>,
  { compressed = false, little = true }: MatlabFormat = {},
): Uint8Array => {
  const uint32 = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [i, value] of values.entries())
      little ? bytes.writeUInt32LE(value, 4 * i) : bytes.writeUInt32BE(value, 4 * i);
    return bytes;
  };
  const element = (type: number, bytes: Uint8Array): Buffer =>
    Buffer.concat([uint32(type, bytes.length), bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
  const columns = ({ shape: [rows, width] }: Matrix, values: ArrayLike<number>): Buffer => {
    const bytes = Buffer.alloc(8 * values.length);
    for (const [i, value] of Array.from(values).entries()) {
      const at = 8 * ((i % width) * rows + Math.floor(i / width));
      little ? bytes.writeDoubleLE(value, at) : bytes.writeDoubleBE(value, at);
    }
    return bytes;
  };
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, of a test');
  header.set(little ? [0, 1] : [1, 0], 124);
  header.write(little ? 'IM' : 'MI', 126);
  const matrices = Object.entries(arrays).map(([name, matrix]) => {
    const complex = matrix.imaginary === undefined ? [] : [element(9, columns(matrix, matrix.imaginary))];
    const flags = uint32(6 | (matrix.imaginary === undefined ? 0 : 0x0800), 0);
    const parts = [
      element(6, flags),
      element(5, uint32(...(matrix.claimed ?? matrix.shape))),
      element(1, Buffer.from(name)),
    ];
    const bytes = element(14, Buffer.concat([...parts, element(9, columns(matrix, matrix.real)), ...complex]));
    if (!compressed) return bytes;
    const packed = deflateSync(bytes);
    // Compressed elements are not filled up.
    return Buffer.concat([uint32(15, packed.length), packed]);
  });
  return new Uint8Array(Buffer.concat([header, ...matrices]));
};
