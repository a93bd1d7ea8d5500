/** @file A picture from its Laplacians: Sitzmann et al. 2020, arXiv:2006.09661, section 4.1. */
import { term } from '@neural-fields/core';
import { affineFit, poissonLaplacian } from '@neural-fields/losses';
import { coordinateLaplacian, type DenseArray, denseArray, gridCoordinates } from '@neural-fields/signals';
import { solvePoisson } from '@neural-fields/solvers';
import { flowerTitle, loadFlower } from './flower.ts';
import { gradientPsnr, hashData, pictureOf, rangePsnr, valuePsnr } from './measures.ts';
import { fixedPoints } from './points.ts';
import type { ComparisonTask, Figures, SampledField, TaskProblem } from './task.ts';

/**
 * The factor on the targets: the authors' Laplace filter times 1e4 on a grid of 256 pixels. It decides how large the
 * fitted values are.
 */
const TARGET_SCALE = 1e4 * (2 / 255) ** 2;

const create = async (size: number): Promise<TaskProblem> => {
  const { working } = await loadFlower(size);
  const coords = gridCoordinates([size, size], { convention: 'pixel-centred' });
  const laplacian = coordinateLaplacian(working, { convention: 'pixel-centred' }).data.map(l => TARGET_SCALE * l);
  const aligned = (values: Float32Array): DenseArray =>
    denseArray(affineFit(values, working.data).values, working.shape);
  const figuresOf = (picture: DenseArray): Figures => ({
    picture: valuePsnr(picture, working),
    gradient: gradientPsnr(picture, working),
  });
  const drawn = async (field: SampledField): Promise<DenseArray> => aligned(await field.value(coords));
  const right = denseArray(Float64Array.from(laplacian), [size, size, 1]);
  const solved = solvePoisson(right, { spacing: [2 / size, 2 / size] });
  const numbers = Float32Array.from({ length: size * size }, (_, i) => solved.get(Math.floor(i / size), i % size, 0));
  return {
    ...{ inFeatures: 2, outFeatures: 1, samples: size, points: size * size, hash: hashData([laplacian]) },
    baseline: { title: "Poisson's equation solved on the grid", figures: figuresOf(aligned(numbers)) },
    truth: { values: working, picture: pictureOf(working) },
    terms: () => [
      term({
        points: fixedPoints({ inFeatures: 2, coords, targets: { laplacian } }),
        loss: poissonLaplacian(),
      }),
    ],
    measure: async field => ({
      laplacian: rangePsnr(await field.laplacian(coords), laplacian),
      ...figuresOf(await drawn(field)),
    }),
    draw: async field => {
      const values = await drawn(field);
      return { values, picture: pictureOf(values) };
    },
  };
};

/** A picture from its Laplacians. */
export const laplaciansTask: ComparisonTask = {
  name: 'laplacians',
  title: 'Picture from its Laplacians',
  summary:
    `The Laplacians of ${flowerTitle}; neither values nor the border are known, so a slow change of brightness remains ` +
    'open. The picture is compared after the best scale and constant are applied.',
  figures: [
    { name: 'laplacian', title: 'Laplacian at the samples', unit: 'dB' },
    { name: 'picture', title: 'picture', unit: 'dB' },
    { name: 'gradient', title: 'gradient', unit: 'dB' },
  ],
  derivative: 'laplacian',
  size: 48,
  create,
};
