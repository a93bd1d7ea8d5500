/** @file Small pictures of digits in rows. */
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { DIGIT_PIXELS, DIGIT_SIDE } from './digits.ts';

/** A digit and its frame. */
const CELL: number = DIGIT_SIDE + 2;

/**
 * Draws rows of digits, black on white.
 *
 * @param rows values in [-1, 1], 1 is ink; NaN is unknown, and grey
 */
export const contactSheet = (rows: readonly (readonly ArrayLike<number>[])[]): Image => {
  const columns = rows.reduce((most, { length }) => Math.max(most, length), 1);
  const [height, width] = [rows.length * CELL, columns * CELL];
  const data = new Float32Array(height * width).fill(1);
  for (const [r, row] of rows.entries())
    for (const [c, digit] of row.entries())
      for (let i = 0; i < DIGIT_PIXELS; i++) {
        const value = digit[i] as number;
        const at = (r * CELL + 1 + Math.floor(i / DIGIT_SIDE)) * width + c * CELL + 1 + (i % DIGIT_SIDE);
        data[at] = Number.isNaN(value) ? 0.5 : Math.min(1, Math.max(0, (1 - value) / 2));
      }
  return ndarray(data, [height, width, 1]);
};
