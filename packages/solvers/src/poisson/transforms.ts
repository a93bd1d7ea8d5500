/**
 * @file The transforms that diagonalise second differences, for lines of any length, unnormalised:
 *
 *     cosine (DCT-II)   X_k = sum_j x_j cos(pi k (j + 1/2) / n)       lines with mirrored ends
 *     sine (DST-I)      X_k = sum_j x_j sin(pi (k + 1) (j + 1) / (n + 1))   lines between two zeros
 *
 * Strang 1999, "The discrete cosine transform".
 */
import { fft, inverseFft } from '@neural-fields/core/spectra';
import { elementCount } from '../strided-array.ts';

/** Maps a line of values to another of the same length. */
export type LineTransform = (line: Float64Array) => Float64Array;

/** Applies a transform to every line along one axis of a row-major array, in place. */
export const alongAxis = (
  data: Float64Array,
  shape: readonly number[],
  axis: number,
  transform: LineTransform,
): void => {
  const length = shape[axis]!;
  const stride = elementCount(shape.slice(axis + 1));
  const line = new Float64Array(length);
  for (let block = 0; block < data.length; block += length * stride)
    for (let first = block; first < block + stride; first++) {
      for (let i = 0; i < length; i++) line[i] = data[first + i * stride]!;
      const mapped = transform(line);
      for (let i = 0; i < length; i++) data[first + i * stride] = mapped[i]!;
    }
};

/**
 * Even elements in order, then odd ones backwards: the order that makes a cosine transform a Fourier transform of the
 * same length.
 */
const folded = (j: number, length: number): number => (2 * j < length ? 2 * j : 2 * (length - j) - 1);

/**
 * DCT-II by one Fourier transform of the same length. Makhoul 1980, "A fast cosine transform in one and two
 * dimensions".
 */
export const cosineTransform: LineTransform = line => {
  const n = line.length;
  const { real, imaginary } = fft({
    real: Float64Array.from({ length: n }, (_, j) => line[folded(j, n)]!),
    imaginary: new Float64Array(n),
  });
  return Float64Array.from({ length: n }, (_, k) => {
    const angle = (Math.PI * k) / (2 * n);
    return real[k]! * Math.cos(angle) + imaginary[k]! * Math.sin(angle);
  });
};

/** The inverse of {@link cosineTransform}. */
export const inverseCosineTransform: LineTransform = line => {
  const n = line.length;
  const real = new Float64Array(n);
  const imaginary = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const angle = (Math.PI * k) / (2 * n);
    const [a, b] = [line[k]!, k === 0 ? 0 : line[n - k]!];
    real[k] = a * Math.cos(angle) + b * Math.sin(angle);
    imaginary[k] = a * Math.sin(angle) - b * Math.cos(angle);
  }
  const values = inverseFft({ real, imaginary }).real;
  const result = new Float64Array(n);
  for (let j = 0; j < n; j++) result[folded(j, n)] = values[j]!;
  return result;
};

/** DST-I, by the Fourier transform of the line and its negative mirror image. */
export const sineTransform: LineTransform = line => {
  const n = line.length;
  const length = 2 * (n + 1);
  const real = new Float64Array(length);
  for (let j = 0; j < n; j++) {
    real[j + 1] = line[j]!;
    real[length - 1 - j] = -line[j]!;
  }
  const { imaginary } = fft({ real, imaginary: new Float64Array(length) });
  return Float64Array.from({ length: n }, (_, k) => -imaginary[k + 1]! / 2);
};

/** The inverse of {@link sineTransform}. */
export const inverseSineTransform: LineTransform = line => {
  const scale = 2 / (line.length + 1);
  return sineTransform(line).map(value => value * scale);
};
