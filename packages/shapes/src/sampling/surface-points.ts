import type { PointBatch, PointSource } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import type { Mesh, PointCloud } from '../shape.ts';
import { assertNoOffset } from './assert-no-offset.ts';
import { type SamplerOptions, surfaceSampler } from './surface-sampler.ts';

/**
 * `count` random points of a surface per step: uniform by area on a mesh, or drawn with replacement from a cloud.
 *
 * The target `normal` is `f32[n, 3]`; with `normals: 'none'` there are no targets.
 *
 * @throws RangeError when `count` is not a positive integer, or the shape has an offset
 * @throws ShapeError when the shape is unusable, or lacks normals and `normals` is not `none`
 */
export const surfacePoints = (
  shape: PointCloud | Mesh,
  options: SamplerOptions & { readonly count: number },
): PointSource => {
  assertOptions('surfacePoints', options, { normals: 1, count: 1 });

  const { count } = options;
  assertNoOffset('surfacePoints', shape);
  assertCount('surfacePoints: count', count);
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
