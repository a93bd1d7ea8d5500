/** @file A picture from its noisy pixels. */
import { createRng, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { type DenseArray, denseArray, gridCoordinates } from '@neural-fields/signals';
import { DATA_RANGE } from '../../quality/quality-signal.ts';
import { flowerTitle, loadFlower } from './flower.ts';
import { gradientPsnr, hashData, pictureOf, valuePsnr } from './measures.ts';
import { fixedPoints } from './points.ts';
import type { ComparisonTask, Figures, TaskProblem } from './task.ts';

/** The standard deviation of the noise, in units of values in [-1, 1]. */
const DEVIATION = 0.2;
const NOISE_SEED = 0;
/** Widths of the Gaussian filter in pixels, of which the baseline has the best. */
const WIDTHS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.7, 2] as const;

/** The weighted means along one axis; what lies beyond the border is left out. */
const smoothAlong = (values: Float32Array, { stride, length }: Axis, width: number): Float32Array => {
  const reach = Math.ceil(4 * width);
  return Float32Array.from(values, (_, i) => {
    const place = Math.floor(i / stride) % length;
    let [sum, weights] = [0, 0];
    for (let k = Math.max(-reach, -place); k <= Math.min(reach, length - 1 - place); k++) {
      const weight = Math.exp(-(k * k) / (2 * width * width));
      sum += weight * (values[i + k * stride] as number);
      weights += weight;
    }
    return sum / weights;
  });
};

interface Axis {
  readonly stride: number;
  readonly length: number;
}

/** A picture `[height, width, 1]` under a Gaussian filter. */
const smooth = ({ data, shape }: DenseArray, width: number): DenseArray => {
  const [height, columns] = shape as [number, number];
  const inColumns = smoothAlong(data, { stride: columns, length: height }, width);
  return denseArray(smoothAlong(inColumns, { stride: 1, length: columns }, width), shape);
};

const create = async (size: number): Promise<TaskProblem> => {
  const { working: picture } = await loadFlower(size);
  const coords = gridCoordinates([size, size], { convention: 'pixel-centred' });
  const rng = createRng(NOISE_SEED).fork('noise');
  const noisy = denseArray(
    picture.data.map(value => value + DEVIATION * rng.normal()),
    picture.shape,
  );
  const figuresOf = (drawn: DenseArray): Figures => ({
    clean: valuePsnr(drawn, picture),
    noisy: valuePsnr(drawn, noisy),
    gradient: gradientPsnr(drawn, picture),
  });
  const smoothed = WIDTHS.map(width => figuresOf(smooth(noisy, width)));
  const best = smoothed.reduce((a, b) => ((b['clean'] as number) > (a['clean'] as number) ? b : a));
  const untouched = valuePsnr(noisy, picture);
  return {
    ...{
      inFeatures: 2,
      outFeatures: 1,
      points: size * size,
      samples: size,
      hash: hashData([noisy.data, picture.data]),
    },
    baseline: {
      title: `Gaussian filter of the best width (the noisy picture has ${untouched.toFixed(1)} dB)`,
      figures: best,
    },
    truth: { values: picture, picture: pictureOf(picture) },
    terms: () => [
      term({
        points: fixedPoints({ inFeatures: 2, coords, targets: { value: noisy.data } }),
        loss: mse({ dataRange: DATA_RANGE }),
      }),
    ],
    measure: async field => figuresOf(denseArray(await field.value(coords), picture.shape)),
    draw: async field => {
      const values = denseArray(await field.value(coords), picture.shape);
      return { values, picture: pictureOf(values) };
    },
  };
};

/** A picture from its noisy pixels. */
export const denoisingTask: ComparisonTask = {
  name: 'denoising',
  title: 'Denoising',
  summary: `All pixels of ${flowerTitle}, with Gaussian noise of deviation ${DEVIATION} added. The rate that is best for the clean picture decides how much of the noise is fitted.`,
  figures: [
    { name: 'clean', title: 'the clean picture', unit: 'dB' },
    { name: 'noisy', title: 'the noisy picture', unit: 'dB' },
    { name: 'gradient', title: 'gradient', unit: 'dB' },
  ],
  derivative: 'value',
  size: 64,
  create,
};
