import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, elementReader } from '../arrays/array-view.ts';
import { denseArray } from '../arrays/dense-array.ts';
import { tapsOf } from '../grids/resample.ts';
import { finish, finishInSlices, type Work, type WorkOptions } from '../work/work.ts';
import { assertImage, type Image } from './image.ts';

/** The resampling kernel; see `resizeImage`. */
export type ResizeKernel = 'bilinear' | 'bicubic' | 'area';

/** The options of {@link resizeImage}. */
export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  /** Default: `bicubic`. */
  readonly kernel?: ResizeKernel;
}

function* resizeWork(image: ArrayView, { width, height, kernel = 'bicubic' }: ResizeOptions): Work<Image> {
  assertImage('resizeImage', image);
  if (!(Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1))
    throw new RangeError(`resizeImage: width and height must be positive integers, got ${width} x ${height}`);
  const [fromHeight, fromWidth, channels] = image.shape as [number, number, number];
  const read = elementReader(image);
  const source = new Float64Array(fromWidth * channels);
  const columns = tapsOf(fromWidth, width, kernel);
  const row = width * channels;
  const narrow = new Float64Array(fromHeight * row);
  for (let y = 0; y < fromHeight; y++) {
    yield (0.7 * y) / fromHeight;
    read(source);
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0, at = first * channels + c; k < weights.length; k++, at += channels)
          sum += weights[k]! * source[at]!;
        narrow[y * row + x * channels + c] = sum;
      }
    }
  }

  const result = new Float32Array(height * row);
  const sums = new Float64Array(row);
  for (const [y, { first, weights }] of tapsOf(fromHeight, height, kernel).entries()) {
    yield 0.7 + (0.3 * y) / height;
    sums.fill(0);
    for (let k = 0; k < weights.length; k++)
      for (let i = 0; i < row; i++) sums[i]! += weights[k]! * narrow[(first + k) * row + i]!;
    result.set(sums, y * row);
  }
  return denseArray(result, [height, width, channels]);
}

/**
 * Resizes an image in floating point; nothing is rounded or clipped (`bicubic` overshoots at edges).
 *
 * Pixel-centred: the outer edges of the images coincide, so pixel i of n covers [i, i + 1] / n of the side
 * (`align_corners=False`). When a side shrinks, the kernel is stretched by the same factor, which prevents aliasing;
 * weights outside the image are dropped and the others normalised to sum 1. `bilinear` and `bicubic` (Keys, a = -1/2)
 * then equal Pillow's `resize`. `area` averages exactly the area that a target pixel covers, and takes the nearest
 * pixel when a side grows. Alpha is treated like the other channels.
 *
 * @param image `[height, width, channels]`
 * @returns `f32[size.height, size.width, channels]`
 * @throws RangeError when the image or the size is empty
 */
export const resizeImage = (image: ArrayView, options: ResizeOptions): Image => {
  assertOptions('resizeImage', options, { width: 1, height: 1, kernel: 1 });
  return finish(resizeWork(image, options));
};

/**
 * {@link resizeImage} in slices, yielding to the event loop in between.
 *
 * @throws RangeError as `resizeImage`; the reason of `signal` when it is aborted
 */
export const resizeImageAsync = (image: ArrayView, options: ResizeOptions & WorkOptions): Promise<Image> => {
  assertOptions('resizeImageAsync', options, { width: 1, height: 1, kernel: 1, onProgress: 1, signal: 1 });
  return finishInSlices(resizeWork(image, options), options);
};
