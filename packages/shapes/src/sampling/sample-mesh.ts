import type { Rng } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import type { Mesh, PointCloud } from '../shape.ts';
import { type SamplerOptions, surfaceSampler } from './surface-sampler.ts';

/**
 * Random points of a mesh, uniform by area, with normals.
 *
 * @returns `f32[count, 3]` each, relative to the mesh's offset; equal seeds give equal points, and a larger count
 *   extends the points of a smaller one
 * @throws RangeError when `count` is not a positive integer
 * @throws ShapeError when the mesh has no triangles, or all have area 0
 */
export const sampleMesh = (
  mesh: Mesh,
  options: SamplerOptions & { readonly count: number; readonly rng: Rng },
): PointCloud => {
  assertOptions('sampleMesh', options, { normals: 1, count: 1, rng: 1 });

  const { count, rng } = options;
  assertCount('sampleMesh: count', count);
  const points = surfaceSampler('sampleMesh', mesh, options)({ start: 0, count, rng });
  return mesh.offset ? { ...points, offset: mesh.offset } : points;
};
