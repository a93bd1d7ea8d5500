/** @file A picture from a tenth of its pixels. */
import { createRng, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { type DenseArray, denseArray, gridCoordinates } from '@neural-fields/signals';
import { DATA_RANGE } from '../../quality/quality-signal.ts';
import { flowerTitle, loadFlower } from './flower.ts';
import { gradientPsnr, hashData, pictureOf, valuePsnr } from './measures.ts';
import { fixedPoints } from './points.ts';
import type { ComparisonTask, Figures, TaskProblem } from './task.ts';

const KNOWN_SHARE = 0.1;
const MASK_SEED = 0;
/** Sweeps of the relaxation: far more than 64 x 64 pixels need. */
const SWEEPS = 1000;
/** The factor of successive over-relaxation. */
const RELAXATION = 1.9;

/** The indices of known and of unknown pixels. */
const splitPixels = (count: number): { readonly known: readonly number[]; readonly unknown: readonly number[] } => {
  const rng = createRng(MASK_SEED).fork('known pixels');
  const all = Array.from({ length: count }, (_, i) => ({ i, isKnown: rng.uniform() < KNOWN_SHARE || i === 0 }));
  const indices = (wanted: boolean): number[] => all.flatMap(({ i, isKnown }) => (isKnown === wanted ? [i] : []));
  return { known: indices(true), unknown: indices(false) };
};

/** Unknown pixels as the mean of their neighbours: Laplace's equation, by successive over-relaxation. */
const fillHarmonically = (picture: DenseArray, unknown: readonly number[]): DenseArray => {
  const [height, width] = picture.shape as [number, number];
  const values = Float64Array.from(picture.data);
  for (const i of unknown) values[i] = 0;
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const i of unknown) {
      const [y, x] = [Math.floor(i / width), i % width];
      const near = [
        ...(y > 0 ? [i - width] : []),
        ...(y + 1 < height ? [i + width] : []),
        ...(x > 0 ? [i - 1] : []),
        ...(x + 1 < width ? [i + 1] : []),
      ];
      const mean = near.reduce((sum, j) => sum + (values[j] as number), 0) / near.length;
      values[i] = (values[i] as number) + RELAXATION * (mean - (values[i] as number));
    }
  return denseArray(Float32Array.from(values), picture.shape);
};

const create = async (size: number): Promise<TaskProblem> => {
  const { working: picture } = await loadFlower(size);
  const coords = gridCoordinates([size, size], { convention: 'pixel-centred' });
  const { known, unknown } = splitPixels(size * size);
  const pick = (values: Float32Array, indices: readonly number[]): DenseArray =>
    denseArray(
      Float32Array.from(indices, i => values[i] as number),
      [indices.length],
    );
  const figuresOf = (drawn: DenseArray): Figures => ({
    unknown: valuePsnr(pick(drawn.data, unknown), pick(picture.data, unknown)),
    known: valuePsnr(pick(drawn.data, known), pick(picture.data, known)),
    gradient: gradientPsnr(drawn, picture),
  });
  const { unknown: filled, gradient } = figuresOf(fillHarmonically(picture, unknown));
  return {
    ...{ inFeatures: 2, outFeatures: 1, points: known.length, samples: size, hash: hashData([picture.data], known) },
    baseline: {
      title: "Laplace's equation between the known pixels",
      figures: { unknown: filled as number, gradient: gradient as number },
    },
    truth: { values: picture, picture: pictureOf(picture) },
    terms: () => {
      const at = Float32Array.from(known.flatMap(i => [coords[2 * i] as number, coords[2 * i + 1] as number]));
      const targets = { value: pick(picture.data, known).data };
      return [
        term({
          points: fixedPoints({ inFeatures: 2, coords: at, targets }),
          loss: mse({ dataRange: DATA_RANGE }),
        }),
      ];
    },
    measure: async field => figuresOf(denseArray(await field.value(coords), picture.shape)),
    draw: async field => {
      const values = denseArray(await field.value(coords), picture.shape);
      return { values, picture: pictureOf(values) };
    },
  };
};

/** A picture from a tenth of its pixels. */
export const inpaintingTask: ComparisonTask = {
  name: 'inpainting',
  title: 'Inpainting',
  summary: `A tenth of the pixels of ${flowerTitle}, at random; the others are predicted, without a prior.`,
  figures: [
    { name: 'unknown', title: 'unknown pixels', unit: 'dB' },
    { name: 'known', title: 'known pixels', unit: 'dB' },
    { name: 'gradient', title: 'gradient', unit: 'dB' },
  ],
  derivative: 'value',
  size: 64,
  create,
};
