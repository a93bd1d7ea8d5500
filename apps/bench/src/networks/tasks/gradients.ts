/** @file A picture from its gradients: Sitzmann et al. 2020, arXiv:2006.09661, section 4.1. */
import { term } from '@neural-fields/core';
import { offsetFit, poissonGradient } from '@neural-fields/losses';
import { type DenseArray, denseArray, gridCoordinates, resizeImage } from '@neural-fields/signals';
import { solvePoisson } from '@neural-fields/solvers';
import { flowerTitle, loadFlower } from './flower.ts';
import { gradientPsnr, hashData, pictureOf, rangePsnr, valuePsnr } from './measures.ts';
import { fixedPoints } from './points.ts';
import type { ComparisonTask, Figures, SampledField, TaskProblem } from './task.ts';

/**
 * The gradient at the centres of blocks of 2 x 2 pixels, per unit of coordinate: `f32[n, 2]`, y before x. The
 * differences are those of the finer picture, so that they are not blurred by the distance of the blocks.
 */
const blockGradients = ({ data, shape }: DenseArray): Float32Array => {
  const side = shape[0] as number;
  const half = side / 2;
  const scale = side / 4; // 1 / (2 steps) of 2 / side each
  const gradients = new Float32Array(2 * half * half);
  for (let y = 0; y < half; y++)
    for (let x = 0; x < half; x++) {
      const at = (dy: number, dx: number): number => data[(2 * y + dy) * side + 2 * x + dx] as number;
      gradients[2 * (y * half + x)] = scale * (at(1, 0) + at(1, 1) - at(0, 0) - at(0, 1));
      gradients[2 * (y * half + x) + 1] = scale * (at(0, 1) + at(1, 1) - at(0, 0) - at(1, 0));
    }
  return gradients;
};

/** The picture whose gradients are nearest to the given ones in the least-squares sense: Poisson's equation. */
const integrate = (gradients: Float32Array, side: number): DenseArray => {
  const step = 2 / side;
  const along = (k: number, y: number, x: number): number => gradients[2 * (y * side + x) + k] as number;
  /** The derivative half way between a sample and the next one; 0 across the border. */
  const betweenY = (y: number, x: number): number =>
    y < 0 || y + 1 >= side ? 0 : (along(0, y, x) + along(0, y + 1, x)) / 2;
  const betweenX = (y: number, x: number): number =>
    x < 0 || x + 1 >= side ? 0 : (along(1, y, x) + along(1, y, x + 1)) / 2;
  const divergence = Float64Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side];
    return (betweenY(y, x) - betweenY(y - 1, x) + betweenX(y, x) - betweenX(y, x - 1)) / step;
  });
  const solved = solvePoisson(denseArray(divergence, [side, side, 1]), { spacing: [step, step] });
  return denseArray(
    Float32Array.from({ length: side * side }, (_, i) => solved.get(Math.floor(i / side), i % side, 0)),
    [side, side, 1],
  );
};

const create = async (size: number): Promise<TaskProblem> => {
  const { finer, finerCoords } = await loadFlower(size);
  const coords = gridCoordinates([size, size], { convention: 'pixel-centred' });
  const gradient = blockGradients(finer);
  const shifted = (values: Float32Array): DenseArray => denseArray(offsetFit(values, finer.data).values, finer.shape);
  const figuresOf = (picture: DenseArray): Figures => ({
    picture: valuePsnr(picture, finer),
    gradient: gradientPsnr(picture, finer),
  });
  const drawn = async (field: SampledField): Promise<DenseArray> => shifted(await field.value(finerCoords));
  const enlarged = resizeImage(integrate(gradient, size), { width: 2 * size, height: 2 * size, kernel: 'bicubic' });
  return {
    ...{ inFeatures: 2, outFeatures: 1, samples: size, points: size * size, hash: hashData([gradient, finer.data]) },
    baseline: {
      title: "Poisson's equation solved on the grid, interpolated",
      figures: figuresOf(shifted(Float32Array.from(enlarged.data))),
    },
    truth: { values: finer, picture: pictureOf(finer) },
    terms: () => [
      term({
        points: fixedPoints({ inFeatures: 2, coords, targets: { gradient } }),
        loss: poissonGradient(),
      }),
    ],
    measure: async field => ({
      ...figuresOf(await drawn(field)),
      at: rangePsnr(await field.gradient(coords), gradient),
    }),
    draw: async field => {
      const values = await drawn(field);
      return { values, picture: pictureOf(values) };
    },
  };
};

/** A picture from its gradients. */
export const gradientsTask: ComparisonTask = {
  name: 'gradients',
  title: 'Picture from its gradients',
  summary: `The gradients of ${flowerTitle}; no value is known. The picture is compared after the best constant is added.`,
  figures: [
    { name: 'picture', title: 'picture between the samples', unit: 'dB' },
    { name: 'at', title: 'gradient at the samples', unit: 'dB' },
    { name: 'gradient', title: 'gradient between them', unit: 'dB' },
  ],
  derivative: 'gradient',
  size: 48,
  create,
};
