/** @file The signed distance of a shape from oriented points: Sitzmann et al. 2020, arXiv:2006.09661, section 4.2. */
import { createRng, term } from '@neural-fields/core';
import { eikonalSdf } from '@neural-fields/losses';
import { createKdTree, sampleMesh, sdfPoints } from '@neural-fields/shapes';
import { denseArray, gridCoordinates } from '@neural-fields/signals';
import { signedDistances } from '../../quality/mesh-distances.ts';
import { overlapInside } from '../../quality/overlap.ts';
import { readBunny } from '../../quality/volume-signals.ts';
import { hashData, valuePsnr } from './measures.ts';
import { sliceOf } from './slice.ts';
import type { ComparisonTask, Drawing, Figures, SampledField, TaskProblem } from './task.ts';

/** Of the points of the surface that are known, and of those on and off it in a step. */
const CLOUD_SEED = 0;
/** The least number of samples along a side of the grid on which distances are compared. */
const MIN_GRID = 4;

/**
 * @param size half as many points of the surface are known as a picture of that size has pixels; distances are compared
 *   on a grid of half that size
 */
const create = async (size: number): Promise<TaskProblem> => {
  const side = Math.max(MIN_GRID, Math.floor(size / 2));
  const mesh = readBunny();
  const count = Math.ceil((size * size) / 2);
  const cloud = sampleMesh(mesh, { count, rng: createRng(CLOUD_SEED), normals: 'face' });
  const { positions } = cloud;
  const normals = cloud.normals as Float32Array;
  const perStep = Math.ceil(count / 4);
  const points = sdfPoints(cloud, { onSurface: perStep, offSurface: perStep });
  const coords = gridCoordinates([side, side, side], { convention: 'pixel-centred' });
  const truth = denseArray(signedDistances(mesh, coords), [side, side, side, 1]);
  const tree = createKdTree(positions);
  const nearest = Float32Array.from({ length: coords.length / 3 }, (_, i) => {
    const p = [coords[3 * i] as number, coords[3 * i + 1] as number, coords[3 * i + 2] as number] as const;
    const { index, squaredDistance } = tree.nearest(...p);
    const side = p.reduce(
      (sum, x, k) => sum + (x - (positions[3 * index + k] as number)) * (normals[3 * index + k] as number),
      0,
    );
    return Math.sign(side) * Math.sqrt(squaredDistance);
  });
  const figuresOf = (values: Float32Array): Figures => ({
    distance: valuePsnr(denseArray(values, truth.shape), truth),
    iou: overlapInside(values, truth.data),
  });
  const drawn = (values: Float32Array): Drawing => {
    const array = denseArray(values, truth.shape);
    return { values: array, picture: sliceOf(array) };
  };
  /** The mean cosine of the angle between the gradient and the normal at the points. */
  const alignment = async (field: SampledField): Promise<number> => {
    const gradients = await field.gradient(positions);
    let sum = 0;
    for (let i = 0; i < positions.length; i += 3) {
      const [gradient, normal] = [gradients.subarray(i, i + 3), normals.subarray(i, i + 3)];
      const dot = gradient.reduce((total, g, k) => total + g * (normal[k] as number), 0);
      sum += dot / Math.max(1e-9, Math.hypot(...gradient) * Math.hypot(...normal));
    }
    return sum / (positions.length / 3);
  };
  return {
    ...{ inFeatures: 3, outFeatures: 1, samples: side, points: 2 * perStep },
    hash: hashData([positions, normals, truth.data]),
    baseline: { title: 'distance from the nearest point, on the side of its normal', figures: figuresOf(nearest) },
    truth: drawn(truth.data),
    terms: () => [term({ points, loss: eikonalSdf() })],
    measure: async field => ({ ...figuresOf(await field.value(coords)), normals: await alignment(field) }),
    draw: async field => drawn(await field.value(coords)),
  };
};

/** The signed distance of the bunny. */
export const sdfTask: ComparisonTask = {
  name: 'sdf',
  title: 'Signed distance from oriented points',
  summary:
    'Points of the bunny with their normals, and the eikonal equation: the loss and the weights of the SIREN paper. Distances are ' +
    'compared with exact ones on a grid over the box; the picture is the middle slice, blue inside.',
  figures: [
    // Distances would favour fields that are smooth everywhere and no shape.
    { name: 'iou', title: 'IoU', unit: '' },
    { name: 'distance', title: 'distances', unit: 'dB' },
    { name: 'normals', title: 'cosine to the normals', unit: '' },
  ],
  derivative: 'gradient',
  // The authors clip the gradient for this loss.
  clipNorm: 1,
  size: 64,
  create,
};
