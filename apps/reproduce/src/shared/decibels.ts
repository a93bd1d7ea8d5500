/** @file The PSNRs of the tables, each with the range to which it is relative. */

const meanSquare = (values: ArrayLike<number>, truth: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < truth.length; i++) sum += ((values[i] as number) - (truth[i] as number)) ** 2;
  return sum / truth.length;
};

const decibels = (range: number, error: number): number => 10 * Math.log10(range ** 2 / error);

/**
 * The PSNR of a picture in [-1, 1], as in the SIREN authors' code: both are mapped to [0, 1], the field's values are
 * clipped to that interval, and the range is 1.
 */
export const picturePsnr = (values: ArrayLike<number>, truth: ArrayLike<number>): number =>
  decibels(
    2,
    meanSquare(
      Float64Array.from(values, value => Math.min(1, Math.max(-1, value))),
      truth,
    ),
  );

/**
 * The PSNR of any other quantity: the range is the maximum minus the minimum of the target (for a gradient, over all
 * components together).
 */
export const rangePsnr = (values: ArrayLike<number>, truth: ArrayLike<number>): number => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < truth.length; i++) {
    low = Math.min(low, truth[i] as number);
    high = Math.max(high, truth[i] as number);
  }
  return decibels(high - low, meanSquare(values, truth));
};

/** The definition of {@link picturePsnr}, for reports. */
export const picturePsnrDefinition =
  "PSNR of the picture, as in the authors' code: 10 log10(1 / mse) of values in [0, 1], with the field's clipped to [0, 1].";

/** The definition of {@link rangePsnr}, for reports. */
export const rangePsnrDefinition: string =
  'PSNR of gradient and Laplacian: 10 log10(range^2 / mse), where range is the largest minus the smallest number of the target (for the ' +
  'gradient over both components). Nothing is clipped, and no offset or scale is fitted.';
