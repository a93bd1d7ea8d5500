/**
 * @file Aligns a reconstruction with the ground truth where derivatives leave a constant, or a scale, undetermined.
 *
 * This is for evaluation only: the alignment uses the true values, so a PSNR computed after it measures the structure
 * of the reconstruction and not its brightness.
 */
import { assertCount, assertOptions } from '@neural-fields/core/options';

/** A reconstruction aligned with the truth, channel by channel. */
export interface FittedValues {
  /** scale * value + offset, row-major `[n, channels]`, flat. */
  readonly values: Float32Array;
  /** One for each channel. */
  readonly scale: readonly number[];
  /** One for each channel. */
  readonly offset: readonly number[];
}

/** The options of {@link affineFit} and {@link offsetFit}. */
export interface FitToTruthOptions {
  /** The number of channels, each of which is fitted independently; 1 if absent. */
  readonly channels?: number;
}

const fitEach = (
  caller: string,
  values: ArrayLike<number>,
  truth: ArrayLike<number>,
  channels: number,
  scaleOf: (covariance: number, variance: number) => number,
): FittedValues => {
  assertCount(`${caller}: channels`, channels);
  const { length } = values;
  if (truth.length !== length)
    throw new RangeError(`${caller}: the truth must have ${length} values, got ${truth.length}`);
  if (length === 0 || length % channels !== 0)
    throw new RangeError(`${caller}: values must be rows of ${channels} channels, got ${length} values`);
  const count = length / channels;
  const fitted = new Float32Array(length);
  const [scales, offsets]: [number[], number[]] = [[], []];
  for (let c = 0; c < channels; c++) {
    let [meanValue, meanTruth, covariance, variance] = [0, 0, 0, 0];
    for (let i = c; i < length; i += channels) {
      meanValue += (values[i] as number) / count;
      meanTruth += (truth[i] as number) / count;
    }
    for (let i = c; i < length; i += channels) {
      const deviation = (values[i] as number) - meanValue;
      covariance += deviation * ((truth[i] as number) - meanTruth);
      variance += deviation ** 2;
    }
    const scale = scaleOf(covariance, variance);
    const offset = meanTruth - scale * meanValue;
    for (let i = c; i < length; i += channels) fitted[i] = scale * (values[i] as number) + offset;
    scales.push(scale);
    offsets.push(offset);
  }
  return { values: fitted, scale: scales, offset: offsets };
};

/**
 * The constant b for which values + b is closest to the truth in the least-squares sense: for targets that are
 * derivatives per coordinate unit.
 *
 * @param values row-major `[n, channels]`, flat
 * @param truth of the same length
 * @throws RangeError when the lengths differ, are 0, or are not a multiple of the number of channels
 */
export const offsetFit = (
  values: ArrayLike<number>,
  truth: ArrayLike<number>,
  options: FitToTruthOptions = {},
): FittedValues => {
  assertOptions('offsetFit', options, { channels: 1 });
  const { channels = 1 } = options;
  return fitEach('offsetFit', values, truth, channels, () => 1);
};

/**
 * The scale a and the constant b for which a values + b is closest to the truth in the least-squares sense: for targets
 * with an arbitrary scale, such as the authors' Sobel filter times 10. Where the values are all the same, the scale is
 * 0.
 *
 * @param values row-major `[n, channels]`, flat
 * @param truth of the same length
 * @throws RangeError when the lengths differ, are 0, or are not a multiple of the number of channels
 */
export const affineFit = (
  values: ArrayLike<number>,
  truth: ArrayLike<number>,
  options: FitToTruthOptions = {},
): FittedValues => {
  assertOptions('affineFit', options, { channels: 1 });
  const { channels = 1 } = options;
  return fitEach('affineFit', values, truth, channels, (covariance, variance) =>
    variance > 0 ? covariance / variance : 0,
  );
};
