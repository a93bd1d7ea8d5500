/** @file Errors against a numerical reference. */

const sumOfSquares = (count: number, at: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += at(i) ** 2;
  return sum;
};

/** The rows of `[n, width]` arrays at some of the n points. */
export const rowsAt = (values: ArrayLike<number>, width: number, points: readonly number[]): Float32Array =>
  Float32Array.from({ length: points.length * width }, (_, i) => {
    const point = points[Math.floor(i / width)] as number;
    return values[point * width + (i % width)] as number;
  });

/** The mean of (a - b)^2. */
export const meanSquaredError = (values: ArrayLike<number>, truth: ArrayLike<number>): number =>
  sumOfSquares(truth.length, i => (values[i] as number) - (truth[i] as number)) / truth.length;

/** |a - b| / |b|, in the Euclidean norm. */
export const relativeError = (values: ArrayLike<number>, truth: ArrayLike<number>): number =>
  Math.sqrt(
    sumOfSquares(truth.length, i => (values[i] as number) - (truth[i] as number)) /
      sumOfSquares(truth.length, i => truth[i] as number),
  );

/** -20 log10 of the relative error. */
export const signalToNoise = (error: number): number => -20 * Math.log10(error);
