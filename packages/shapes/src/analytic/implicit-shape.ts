import type { Rng } from '@neural-fields/core';
import type { PointCloud } from '../shape.ts';

/** A shape in closed form: negative inside, zero on the surface, positive outside. */
export interface ImplicitShape {
  /** The function at `coords` f32[n, 3]: f32[n]. */
  evaluate(coords: Float32Array): Float32Array;
  /** Its gradient: f32[n, 3]. */
  gradient(coords: Float32Array): Float32Array;
  /** Random points of the surface, with their exact outward normals. */
  sample(count: number, rng: Rng): PointCloud;
}

/** A point or a direction, in double precision. */
export type Vector = readonly [x: number, y: number, z: number];

/** Makes a shape from functions of one point. */
export const implicitShape = (
  valueAt: (x: number, y: number, z: number) => number,
  gradientAt: (x: number, y: number, z: number) => Vector,
  pointAt: (rng: Rng) => Vector,
): ImplicitShape => {
  const gradient = (coords: Float32Array): Float32Array => {
    const gradients = new Float32Array(coords.length);
    for (let i = 0; i < coords.length; i += 3) gradients.set(gradientAt(coords[i]!, coords[i + 1]!, coords[i + 2]!), i);
    return gradients;
  };
  return {
    evaluate: coords => {
      const values = new Float32Array(coords.length / 3);
      for (let i = 0; i < values.length; i++)
        values[i] = valueAt(coords[3 * i]!, coords[3 * i + 1]!, coords[3 * i + 2]!);
      return values;
    },
    gradient,
    sample: (count, rng) => {
      const [positions, normals] = [new Float32Array(3 * count), new Float32Array(3 * count)];
      for (let i = 0; i < count; i++) {
        const point = pointAt(rng);
        const direction = gradientAt(...point);
        const length = Math.hypot(...direction);
        positions.set(point, 3 * i);
        normals.set([direction[0] / length, direction[1] / length, direction[2] / length], 3 * i);
      }
      return { positions, normals };
    },
  };
};
