/** @file Pictures side by side on one ground. */
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { Panel } from './drawn.ts';

/** The pixels between two pictures. */
const GAP = 8;

/** The grey of the ground, in [0, 1]. */
const GROUND = 0.5;

/** The grey of the line around a limit. */
const LINE = 0.8;

/** Scales a picture to a height by whole factors where it is smaller, and by leaving out rows where it is larger. */
const scaled = (image: Image, height: number): Image => {
  const [rows, columns] = image.shape as [number, number, number];
  const width = Math.max(1, Math.round((columns * height) / rows));
  const data = new Float32Array(height * width * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = Math.floor(((y + 0.5) * rows) / height) * columns + Math.floor(((x + 0.5) * columns) / width);
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = image.data[3 * from + c] as number;
    }
  return ndarray(data, [height, width, 3]);
};

/** A picture in the middle of the size of another one, on the ground. */
export const centredIn = (image: Image, { shape }: Image): Image => {
  const [height, width] = shape as [number, number];
  const [rows, columns] = image.shape as [number, number];
  const [top, left] = [(height - rows) >> 1, (width - columns) >> 1];
  const data = new Float32Array(height * width * 3).fill(GROUND);
  for (let row = 0; row < rows; row++)
    data.set(
      (image.data as Float32Array).subarray(3 * row * columns, 3 * (row + 1) * columns),
      3 * ((row + top) * width + left),
    );
  return ndarray(data, [height, width, 3]);
};

/**
 * Draws the outline of a rectangle in the middle of a panel, one pixel wide.
 *
 * @param limit its height and width as parts of those of the panel; nothing is drawn along an axis that it exceeds
 */
const drawLimit = ({ data, shape }: Image, limit: readonly [number, number]): void => {
  const [height, width] = shape as [number, number];
  const [rows, columns] = [Math.round(limit[0] * height), Math.round(limit[1] * width)];
  const [top, left] = [(height - rows) >> 1, (width - columns) >> 1];
  const draw = (y: number, x: number): void => {
    if (y < 0 || y >= height || x < 0 || x >= width) return;
    for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = LINE;
  };
  for (let x = left - 1; x <= left + columns; x++) for (const y of [top - 1, top + rows]) draw(y, x);
  for (let y = top; y < top + rows; y++) for (const x of [left - 1, left + columns]) draw(y, x);
};

/** Colour pictures `f32[.., .., 3]` from left to right, each as high as `height`, with the outline of its limit. */
export const sideBySide = (
  pictures: readonly { readonly image: Image; readonly limit?: Panel['limit'] }[],
  height: number,
): Image => {
  const panels = pictures.map(({ image, limit }) => {
    const panel = scaled(image, height);
    if (limit) drawLimit(panel, limit);
    return panel;
  });
  const width = panels.reduce((sum, { shape }) => sum + (shape[1] as number) + GAP, -GAP);
  const data = new Float32Array(height * width * 3).fill(GROUND);
  let left = 0;
  for (const { data: pixels, shape } of panels) {
    const own = shape[1] as number;
    for (let y = 0; y < height; y++)
      data.set((pixels as Float32Array).subarray(3 * y * own, 3 * (y + 1) * own), 3 * (y * width + left));
    left += own + GAP;
  }
  return ndarray(data, [height, width, 3]);
};
