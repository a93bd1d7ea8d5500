import { type ArrayView, copyElements, formatShape } from '../arrays/array-view.ts';
import { assertDataRange } from './data-range.ts';
import { elementPairs } from './mse.ts';

/** The variant of SSIM; the defaults are scikit-image's. */
export interface SsimOptions {
  /** Largest minus smallest possible value. Default 1, for images in [0, 1]. */
  readonly dataRange?: number;
  /** `uniform` (default): a square of equal weights. `gaussian`: as in the paper with `sigma` 1.5, cut off after 3.5 sigma. */
  readonly window?: 'uniform' | 'gaussian';
  /** The side of the uniform window, odd. Default: 7. */
  readonly windowSize?: number;
  /** The width of the gaussian window. Default: 1.5, which makes 11 x 11 weights. */
  readonly sigma?: number;
  /** `sample` (default): variances divided by n - 1. `population`: by n, as in the paper. */
  readonly covariance?: 'sample' | 'population';
}

/** The window's weights along one axis. */
const windowWeights = ({ window = 'uniform', windowSize = 7, sigma = 1.5 }: SsimOptions): Float64Array => {
  if (window === 'uniform') {
    if (!(Number.isInteger(windowSize) && windowSize >= 3 && windowSize % 2 === 1))
      throw new RangeError(`ssim: windowSize must be an odd integer of at least 3, got ${windowSize}`);
    return new Float64Array(windowSize).fill(1 / windowSize);
  }
  if (!(sigma > 0 && Number.isFinite(sigma))) throw new RangeError(`ssim: sigma must be a positive number, got ${sigma}`);
  const radius = Math.floor(3.5 * sigma + 0.5);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => weight / sum);
};

/** The windowed means of a plane `f64[height, width]` at all places where the window fits: separable, rows first. */
const windowMeans = (plane: Float64Array, height: number, width: number, weights: Float64Array): Float64Array => {
  const size = weights.length;
  const [outHeight, outWidth] = [height - size + 1, width - size + 1];
  const columns = new Float64Array(height * outWidth);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += weights[k]! * plane[y * width + x + k]!;
      columns[y * outWidth + x] = sum;
    }
  const means = new Float64Array(outHeight * outWidth);
  for (let y = 0; y < outHeight; y++)
    for (let k = 0; k < size; k++)
      for (let x = 0; x < outWidth; x++) means[y * outWidth + x]! += weights[k]! * columns[(y + k) * outWidth + x]!;
  return means;
};

/**
 * The mean structural similarity of two images, as scikit-image's `structural_similarity`: Wang et al. 2004, "Image quality assessment:
 * from error visibility to structural similarity", equation 13 with K1 = 0.01 and K2 = 0.03, averaged over all places where the window lies
 * inside the image.
 *
 * The paper's own setting is `{ window: 'gaussian', covariance: 'population' }`.
 *
 * @param a `[height, width]` or `[height, width, channels]`; of several channels the mean is taken
 * @returns a number in [-1, 1]; 1 for equal images
 * @throws RangeError when the shapes differ, the image is smaller than the window, or an option is out of range
 */
export const ssim = (a: ArrayView, b: ArrayView, options: SsimOptions = {}): number => {
  const { dataRange = 1, covariance = 'sample' } = options;
  assertDataRange('ssim', dataRange);
  const weights = windowWeights(options);
  const [height, width, channels = 1] = a.shape as [number, number, number?];
  if (a.shape.length !== 2 && a.shape.length !== 3)
    throw new RangeError(`ssim: images must be [height, width] or [height, width, channels], got ${formatShape(a.shape)}`);
  const [x, y] = elementPairs('ssim', a, b);
  if (Math.min(height, width) < weights.length)
    throw new RangeError(
      `ssim: the image must be at least as large as the window of ${weights.length}, got ${formatShape(a.shape)}`,
    );

  // scikit-image takes n = size^2 for the gaussian window too.
  const n = weights.length ** 2;
  const correction = covariance === 'sample' ? n / (n - 1) : 1;
  const [c1, c2] = [(0.01 * dataRange) ** 2, (0.03 * dataRange) ** 2];
  const plane = (values: Float64Array, channel: number): Float64Array =>
    copyElements(
      { data: values, shape: [height, width], stride: [width * channels, channels], offset: channel },
      new Float64Array(height * width),
    );
  let total = 0;
  for (let channel = 0; channel < channels; channel++) {
    const [p, q] = [plane(x, channel), plane(y, channel)];
    const mean = (values: Float64Array): Float64Array => windowMeans(values, height, width, weights);
    const [meanP, meanQ] = [mean(p), mean(q)];
    const [meanPP, meanQQ, meanPQ] = [mean(p.map(v => v * v)), mean(q.map(v => v * v)), mean(p.map((v, i) => v * q[i]!))];
    let sum = 0;
    for (let i = 0; i < meanP.length; i++) {
      const [mp, mq] = [meanP[i]!, meanQ[i]!];
      const varianceP = correction * (meanPP[i]! - mp * mp);
      const varianceQ = correction * (meanQQ[i]! - mq * mq);
      const covariancePQ = correction * (meanPQ[i]! - mp * mq);
      sum += ((2 * mp * mq + c1) * (2 * covariancePQ + c2)) / ((mp * mp + mq * mq + c1) * (varianceP + varianceQ + c2));
    }
    total += sum / meanP.length;
  }
  return total / channels;
};
