/** @file Inverts difference operators in the basis where they are diagonal. */
import { elementCount } from '../strided-array.ts';

/**
 * Divides the coefficients of every channel by the operator's symbol at their frequency, in place. Where the symbol is
 * 0, at frequency 0 only, the coefficient becomes 0: the operator does not determine the constant.
 *
 * @param data `[...grid, channels]`, row-major
 * @param symbol the operator's factor at a frequency, one index for each axis of the grid
 */
export const divideBySymbol = (
  data: Float64Array,
  shape: readonly number[],
  symbol: (frequency: readonly number[]) => number,
): void => {
  const channels = shape.at(-1)!;
  const grid = shape.slice(0, -1);
  const frequency = grid.map(() => 0);
  for (let point = 0, points = elementCount(grid); point < points; point++) {
    const factor = symbol(frequency);
    for (let c = point * channels; c < (point + 1) * channels; c++) data[c] = factor === 0 ? 0 : data[c]! / factor;
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      if (++frequency[axis]! < grid[axis]!) break;
      frequency[axis] = 0;
    }
  }
};

/** Shifts every channel so that it has the given mean, in place. */
export const setMean = (data: Float64Array, channels: number, mean: number): void => {
  const points = data.length / channels;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c; i < data.length; i += channels) sum += data[i]!;
    const shift = mean - sum / points;
    for (let i = c; i < data.length; i += channels) data[i]! += shift;
  }
};
