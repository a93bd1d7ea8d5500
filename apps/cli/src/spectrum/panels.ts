/** @file Pictures side by side on one ground. */
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';

/** The pixels between two pictures. */
const GAP = 8;

/** The grey of the ground, in [0, 1]. */
const GROUND = 0.5;

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

/** A picture in the middle of the size of another one, on the colour of its upper left corner. */
export const centredIn = (image: Image, { shape }: Image): Image => {
  const [height, width] = shape as [number, number];
  const [rows, columns] = image.shape as [number, number];
  const [top, left] = [(height - rows) >> 1, (width - columns) >> 1];
  const data = new Float32Array(height * width * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [row, column] = [y - top, x - left];
      const isInside = row >= 0 && row < rows && column >= 0 && column < columns;
      const from = isInside ? row * columns + column : 0;
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = image.data[3 * from + c] as number;
    }
  return ndarray(data, [height, width, 3]);
};

/** Colour pictures `f32[.., .., 3]` from left to right, each as high as `height`. */
export const sideBySide = (pictures: readonly Image[], height: number): Image => {
  const panels = pictures.map(picture => scaled(picture, height));
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
