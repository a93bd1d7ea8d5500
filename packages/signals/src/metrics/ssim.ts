import { assertOneOf, assertOptions, assertPositive } from '@neural-fields/core/options';
import { type ArrayView, assertSameShape, formatShape, rowMajorStrides } from '../arrays/array-view.ts';
import { finish, finishInSlices, part, type Work, type WorkOptions } from '../work/work.ts';
import { assertDataRange } from './data-range.ts';

/** The options of {@link ssim}; the defaults are those of scikit-image. */
export interface SsimOptions {
  /** Largest minus smallest possible value. Default 1, for images in [0, 1]. */
  readonly dataRange?: number;
  /**
   * `uniform` (default): a square of equal weights. `gaussian`: as in the paper with `sigma` 1.5, truncated at 3.5
   * sigma.
   */
  readonly window?: 'uniform' | 'gaussian';
  /** The side of the uniform window, odd. Default: 7. */
  readonly windowSize?: number;
  /** The standard deviation of the Gaussian window. Default: 1.5, which gives 11 x 11 weights. */
  readonly sigma?: number;
  /** `sample` (default): variances divided by n - 1. `population`: by n, as in the paper. */
  readonly covariance?: 'sample' | 'population';
}

/** The window's weights along one axis. */
const windowWeights = ({ window = 'uniform', windowSize = 7, sigma = 1.5 }: SsimOptions): Float64Array => {
  assertOneOf('ssim: window', window, ['uniform', 'gaussian']);
  if (window === 'uniform') {
    if (!(Number.isInteger(windowSize) && windowSize >= 3 && windowSize % 2 === 1))
      throw new RangeError(`ssim: windowSize must be an odd integer of at least 3, got ${windowSize}`);
    return new Float64Array(windowSize).fill(1 / windowSize);
  }
  assertPositive('ssim: sigma', sigma);
  const radius = Math.floor(3.5 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => weight / sum);
};

/** Writes the weighted means of a row over the window at all positions where it fits. */
const rowMeans = (row: Float64Array, weights: Float64Array, out: Float64Array): void => {
  for (let x = 0; x < out.length; x++) {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k]! * row[x + k]!;
    out[x] = sum;
  }
};

/** The five quantities that are averaged over windows: of p and q, p, q, p^2, q^2 and p q. */
const QUANTITIES = 5;

/** The mean SSIM of one channel. Rows are read once; only those that a window covers are stored. */
function* channelSsim(
  planes: readonly [readRow: (y: number, row: Float64Array) => void, readRow: (y: number, row: Float64Array) => void],
  [height, width]: readonly [number, number],
  { weights, correction, c1, c2 }: { weights: Float64Array; correction: number; c1: number; c2: number },
): Work<number> {
  const size = weights.length;
  const outWidth = width - size + 1;
  const rows = Array.from({ length: QUANTITIES }, () => new Float64Array(width));
  const kept = Array.from({ length: size }, () => Array.from({ length: QUANTITIES }, () => new Float64Array(outWidth)));
  const means = Array.from({ length: QUANTITIES }, () => new Float64Array(outWidth));
  const [p, q, pp, qq, pq] = rows as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  let sum = 0;
  for (let y = 0; y < height; y++) {
    yield y / height;
    planes[0](y, p);
    planes[1](y, q);
    for (let x = 0; x < width; x++) {
      pp[x] = p[x]! * p[x]!;
      qq[x] = q[x]! * q[x]!;
      pq[x] = p[x]! * q[x]!;
    }
    for (let i = 0; i < QUANTITIES; i++) rowMeans(rows[i]!, weights, kept[y % size]![i]!);
    if (y < size - 1) continue;
    for (let i = 0; i < QUANTITIES; i++) {
      const mean = means[i]!.fill(0);
      for (let k = 0; k < size; k++) {
        const [weight, row] = [weights[k]!, kept[(y + 1 + k) % size]![i]!];
        for (let x = 0; x < outWidth; x++) mean[x]! += weight * row[x]!;
      }
    }
    for (let x = 0; x < outWidth; x++) {
      const [mp, mq] = [means[0]![x]!, means[1]![x]!];
      const varianceP = correction * (means[2]![x]! - mp * mp);
      const varianceQ = correction * (means[3]![x]! - mq * mq);
      const covariancePQ = correction * (means[4]![x]! - mp * mq);
      sum += ((2 * mp * mq + c1) * (2 * covariancePQ + c2)) / ((mp * mp + mq * mq + c1) * (varianceP + varianceQ + c2));
    }
  }
  return sum / (outWidth * (height - size + 1));
}

/** Reads the rows of one channel of an image `[height, width]` or `[height, width, channels]`. */
const rowReader = ({ data, shape, stride = rowMajorStrides(shape), offset = 0 }: ArrayView, channel: number) => {
  const [down, right, deep = 0] = stride as [number, number, number?];
  return (y: number, row: Float64Array): void => {
    for (let x = 0, at = offset + y * down + channel * deep; x < row.length; x++, at += right)
      row[x] = data[at] as number;
  };
};

function* ssimWork(a: ArrayView, b: ArrayView, options: SsimOptions): Work<number> {
  const { dataRange = 1, covariance = 'sample' } = options;
  assertDataRange('ssim', dataRange);
  assertOneOf('ssim: covariance', covariance, ['sample', 'population']);
  const weights = windowWeights(options);
  const [height, width, channels = 1] = a.shape as [number, number, number?];
  if (a.shape.length !== 2 && a.shape.length !== 3)
    throw new RangeError(
      `ssim: images must be [height, width] or [height, width, channels], got ${formatShape(a.shape)}`,
    );
  assertSameShape('ssim', a, b);
  if (Math.min(height, width) < weights.length)
    throw new RangeError(
      `ssim: the image must be at least as large as the window of ${weights.length}, got ${formatShape(a.shape)}`,
    );
  // scikit-image uses n = size^2 for the Gaussian window too.
  const n = weights.length ** 2;
  const correction = covariance === 'sample' ? n / (n - 1) : 1;
  const constants = { weights, correction, c1: (0.01 * dataRange) ** 2, c2: (0.03 * dataRange) ** 2 };
  let total = 0;
  for (let channel = 0; channel < channels; channel++) {
    const work = channelSsim([rowReader(a, channel), rowReader(b, channel)], [height, width], constants);
    total += yield* part(work, channel / channels, 1 / channels);
  }
  return total / channels;
}

/**
 * The mean structural similarity of two images, like scikit-image's `structural_similarity`: Wang et al. 2004, "Image
 * quality assessment: from error visibility to structural similarity", equation 13 with K1 = 0.01 and K2 = 0.03,
 * averaged over all positions where the window lies inside the image.
 *
 * The paper's own setting is `{ window: 'gaussian', covariance: 'population' }`.
 *
 * @param a `[height, width]` or `[height, width, channels]`; the mean over channels is returned
 * @returns a number in [-1, 1]; 1 for equal images
 * @throws RangeError when the shapes differ, the image is smaller than the window, or an option is out of range
 */
export const ssim = (a: ArrayView, b: ArrayView, options: SsimOptions = {}): number => {
  assertOptions('ssim', options, { dataRange: 1, window: 1, windowSize: 1, sigma: 1, covariance: 1 });
  return finish(ssimWork(a, b, options));
};

/**
 * {@link ssim} in slices, yielding to the event loop in between.
 *
 * @throws RangeError as `ssim`; the reason of `signal` when it is aborted
 */
export const ssimAsync = (a: ArrayView, b: ArrayView, options: SsimOptions & WorkOptions = {}): Promise<number> => {
  assertOptions('ssimAsync', options, {
    dataRange: 1,
    window: 1,
    windowSize: 1,
    sigma: 1,
    covariance: 1,
    onProgress: 1,
    signal: 1,
  });
  return finishInSlices(ssimWork(a, b, options), options);
};
