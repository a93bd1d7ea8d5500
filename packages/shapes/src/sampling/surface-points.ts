import type { PointBatch, PointSource } from '@neural-fields/core';
import type { Mesh, PointCloud } from '../shape.ts';
import { assertCount } from './assert-count.ts';
import { assertNear } from './assert-near.ts';
import { type SamplerOptions, surfaceSampler } from './surface-sampler.ts';

/**
 * `count` random points of a surface in each step: of a mesh, uniform by area; of a cloud, its points with repetition.
 *
 * The target `normal` is `f32[n, 3]`; with `normals: 'none'` there are no targets.
 *
 * @throws RangeError when `count` is not a positive integer, or the shape has an offset
 * @throws ShapeError when the shape is unusable, or has no normals and they are not declined
 */
export const surfacePoints = (
  shape: PointCloud | Mesh,
  options: SamplerOptions & { readonly count: number },
): PointSource => {
  const { count } = options;
  assertNear('surfacePoints', shape);
  assertCount('surfacePoints', 'count', count, 1);
  const sample = surfaceSampler('surfacePoints', shape, options);
  return {
    inFeatures: 3,
    pointsPerStep: count,
    fixed: false,
    draw: (start, n, rng): PointBatch => {
      const { positions, normals } = sample({ start, count: n, rng });
      return normals ? { coords: positions, targets: { normal: normals } } : { coords: positions };
    },
  };
};
