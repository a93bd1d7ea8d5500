import type { Rng } from '@neural-fields/core';
import { assertOneOf } from '@neural-fields/core/options';
import { areaVector } from '../meshes/triangle.ts';
import { vertexNormals } from '../meshes/vertex-normals.ts';
import { assertMesh, assertShape, isMesh, type Mesh, type PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { drawNumbers, nextUniform } from './draw-numbers.ts';

/** The normals of sampled points. */
export interface SamplerOptions {
  /**
   * `face`: those of the triangles. `vertex`: those of the triangle's vertices, interpolated; computed if the mesh has
   * none. `none`: no normals. Default: `face`. For clouds `face` and `vertex` are the cloud's own normals.
   */
  readonly normals?: 'face' | 'vertex' | 'none';
}

/** A range of points of a step. */
export interface PointRange {
  readonly start: number;
  readonly count: number;
  readonly rng: Rng;
}

/** Draws points of a surface; point `i` depends only on the rng's seed and `i`. */
export type SurfaceSampler = (range: PointRange) => PointCloud;

const assertNormals = (caller: string, normals: Float32Array): void => {
  for (let i = 0; i < normals.length; i += 3)
    if (normals[i] === 0 && normals[i + 1] === 0 && normals[i + 2] === 0)
      throw new ShapeError(
        'no-normals',
        caller,
        `the normal of point ${i / 3} has length 0; pass normals: 'none' to sample without normals`,
      );
};

const cloudSampler = (caller: string, cloud: PointCloud, withNormals: boolean): SurfaceSampler => {
  const { positions, normals } = cloud;
  if (withNormals) {
    if (!normals)
      throw new ShapeError('no-normals', caller, `the points have no normals; pass normals: 'none' to sample without`);
    assertNormals(caller, normals);
  }
  const size = positions.length / 3;
  const pick = (values: Float32Array, chosen: Float64Array): Float32Array =>
    Float32Array.from({ length: 3 * chosen.length }, (_, i) => values[3 * chosen[Math.floor(i / 3)]! + (i % 3)]!);
  return ({ start, count, rng }) => {
    const chosen = drawNumbers(rng, { start, count, width: 1 }, block => block.integer(size));
    return withNormals && normals
      ? { positions: pick(positions, chosen), normals: pick(normals, chosen) }
      : { positions: pick(positions, chosen) };
  };
};

/** The index of the first entry of an increasing list that is larger than `value`; the last index if there is none. */
const firstAbove = (cumulative: Float64Array, value: number): number => {
  let [low, high] = [0, cumulative.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
};

const meshSampler = (caller: string, mesh: Mesh, kind: 'face' | 'vertex' | 'none'): SurfaceSampler => {
  assertMesh(caller, mesh);
  const { positions, triangles } = mesh;
  const cumulative = new Float64Array(triangles.length / 3);
  let total = 0;
  for (let i = 0; i < cumulative.length; i++) {
    total += Math.hypot(...areaVector(positions, triangles, i));
    cumulative[i] = total;
  }
  if (!(total > 0)) throw new ShapeError('no-triangles', caller, `all ${cumulative.length} triangles have area 0`);
  const atCorners = kind === 'vertex' ? (mesh.normals ?? vertexNormals(mesh)) : undefined;
  return ({ start, count, rng }) => {
    const numbers = drawNumbers(rng, { start, count, width: 3 }, nextUniform);
    const points = new Float32Array(3 * count);
    const normals = new Float32Array(kind === 'none' ? 0 : 3 * count);
    for (let i = 0; i < count; i++) {
      const triangle = firstAbove(cumulative, numbers[3 * i]! * total);
      // Uniform on a triangle: Osada et al., "Shape distributions", 2002, section 3.2.
      const root = Math.sqrt(numbers[3 * i + 1]!);
      const weights = [1 - root, root * (1 - numbers[3 * i + 2]!), root * numbers[3 * i + 2]!];
      const face = areaVector(positions, triangles, triangle);
      const normal = [0, 0, 0];
      for (let corner = 0; corner < 3; corner++) {
        const at = 3 * triangles[3 * triangle + corner]!;
        for (let k = 0; k < 3; k++) {
          points[3 * i + k]! += weights[corner]! * positions[at + k]!;
          if (atCorners) normal[k]! += weights[corner]! * atCorners[at + k]!;
        }
      }
      if (kind === 'none') continue;
      const direction = Math.hypot(...normal) > 0 ? normal : face;
      const length = Math.hypot(...direction);
      for (let k = 0; k < 3; k++) normals[3 * i + k] = direction[k]! / length;
    }
    return kind === 'none' ? { positions: points } : { positions: points, normals };
  };
};

/**
 * Makes a sampler of a surface: uniform by area on a mesh, uniform over the points of a cloud.
 *
 * @throws RangeError, ShapeError when the shape is invalid, or lacks the requested normals
 */
export const surfaceSampler = (
  caller: string,
  shape: PointCloud | Mesh,
  { normals = 'face' }: SamplerOptions = {},
): SurfaceSampler => {
  assertOneOf(`${caller}: normals`, normals, ['face', 'vertex', 'none']);
  assertShape(caller, shape);
  return isMesh(shape) ? meshSampler(caller, shape, normals) : cloudSampler(caller, shape, normals !== 'none');
};
