/**
 * @file The windows of a convolution as the rows of a matrix ("im2col"), a block at a time, and the inverse ("col2im").
 */
import type { BlockedOperands } from './product.ts';

/**
 * The sizes of a convolution of images `[batch][height][width][channels]`; `padTop` and `padLeft` are the pixels of
 * padding outside the image.
 */
export interface ConvolutionShape {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/**
 * Receives a run of elements that are contiguous in the image and in the block, with their offsets there; `image` is
 * negative where the window is outside the image.
 */
type Run = (image: number, block: number, length: number) => void;

/**
 * Calls `run` for all elements in rows `row ...` (output pixels) and columns `column ...` (tap by tap, channel by
 * channel) of the matrix of windows.
 *
 * @param stride the distance between the block's rows
 */
const forEachRun = (
  shape: ConvolutionShape,
  [row, rows, column, columns]: readonly [number, number, number, number],
  stride: number,
  run: Run,
): void => {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterWidth } = shape;
  const end = column + columns;
  for (let r = 0; r < rows; r++) {
    const pixel = row + r;
    const outX = pixel % outWidth;
    const line = Math.floor(pixel / outWidth);
    const image = Math.floor(line / outHeight);
    const top = (line % outHeight) * shape.strideHeight - shape.padTop;
    const left = outX * shape.strideWidth - shape.padLeft;
    const block = r * stride - column;
    for (let at = column; at < end; ) {
      const tap = Math.floor(at / inChannels);
      const channel = at - tap * inChannels;
      const tapY = Math.floor(tap / filterWidth);
      const tapX = tap - tapY * filterWidth;
      const y = top + tapY * shape.dilationHeight;
      const x = left + tapX * shape.dilationWidth;
      const inside = y >= 0 && y < inHeight && x >= 0 && x < inWidth;
      // Without dilation, neighbouring taps are contiguous in the image as well as in the window.
      const taps = inside && shape.dilationWidth === 1 ? Math.min(filterWidth - tapX, inWidth - x) : 1;
      const length = Math.min(taps * inChannels - channel, end - at);
      run(inside ? ((image * inHeight + y) * inWidth + x) * inChannels + channel : -1, block + at, length);
      at += length;
    }
  }
};

/** Runs shorter than this are copied faster element by element than as subarrays. */
const MIN_SUBARRAY_LENGTH = 24;

/** Reads blocks of the windows of `images`. */
export const windowReader =
  (images: Float32Array, shape: ConvolutionShape): BlockedOperands['readA'] =>
  (target, row, rows, column, columns) =>
    forEachRun(shape, [row, rows, column, columns], columns, (image, block, length) => {
      if (image < 0) target.fill(0, block, block + length);
      else if (length < MIN_SUBARRAY_LENGTH)
        for (let i = 0; i < length; i++) target[block + i] = images[image + i] as number;
      else target.set(images.subarray(image, image + length), block);
    });

/** Adds blocks of windows to the pixels that they contain. */
export const windowAdder =
  (images: Float32Array, shape: ConvolutionShape): BlockedOperands['addBlock'] =>
  (values, stride, row, rows, column, columns) =>
    forEachRun(shape, [row, rows, column, columns], stride, (image, block, length) => {
      if (image < 0) return;
      for (let i = 0; i < length; i++)
        images[image + i] = (images[image + i] as number) + (values[block + i] as number);
    });
