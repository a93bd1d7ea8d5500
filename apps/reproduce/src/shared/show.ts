/** @file Values on a grid as pictures. */

import { rangeOf } from '@neural-fields/app-kit/render';
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';

/** The sides of a picture. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

const grey = (data: Float32Array, { width, height }: Sides): Image => ndarray(data, [height, width, 1]);

/** Maps values to grey: `low` is black and `high` is white. */
export const showRange = (
  values: ArrayLike<number>,
  sides: Sides,
  { low, high }: { readonly low: number; readonly high: number },
): Image =>
  grey(
    Float32Array.from(values, value => (value - low) / (high - low)),
    sides,
  );

/** Values of a field or target in [-1, 1]. */
export const showSignal = (values: ArrayLike<number>, sides: Sides): Image =>
  showRange(values, sides, { low: -1, high: 1 });

/** The norm of gradients `[n, 2]`, from 0 to a high quantile of `reference`'s. */
export const showGradient = (
  gradient: ArrayLike<number>,
  sides: Sides,
  reference: ArrayLike<number> = gradient,
): Image => {
  const lengths = (values: ArrayLike<number>): Float32Array =>
    Float32Array.from({ length: values.length / 2 }, (_, i) =>
      Math.hypot(values[2 * i] as number, values[2 * i + 1] as number),
    );
  const [low, high] = rangeOf(lengths(reference), 'gradient');
  return showRange(lengths(gradient), sides, { low, high });
};

/** Laplacians or other signed values: 0 is grey, and the ends are a high quantile of `reference`'s magnitude. */
export const showSigned = (values: ArrayLike<number>, sides: Sides, reference: ArrayLike<number> = values): Image => {
  const [low, high] = rangeOf(Float32Array.from(reference), 'laplacian');
  return showRange(values, sides, { low, high });
};
