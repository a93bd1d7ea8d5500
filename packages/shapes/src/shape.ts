/** @file Shapes are plain arrays. */
import { ShapeError } from './shape-error.ts';
import type { Offset } from './shape-offset.ts';

/** Points in space, with or without normals. Row-major, one row a point, in the order x, y, z. */
export interface PointCloud {
  /** `f32[n, 3]`, from `offset` where there is one. */
  readonly positions: Float32Array;
  /**
   * Where position 0 is; [0, 0, 0] if absent. Shapes far from the origin have one, as float32 would round their
   * coordinates. Functions of coordinates, such as `insideTest`, take them from the offset too.
   */
  readonly offset?: Offset;
  /** `f32[n, 3]`, of length 1, pointing out of the shape. A normal of length 0 stands for one that is not known. */
  readonly normals?: Float32Array;
}

/** Triangles on points. Seen from outside, the corners of a triangle run anticlockwise. */
export interface Mesh extends PointCloud {
  /** `u32[m, 3]`: numbers of rows of `positions`. */
  readonly triangles: Uint32Array;
}

/** True when a shape has triangles. */
export const isMesh = (shape: PointCloud | Mesh): shape is Mesh => 'triangles' in shape && shape.triangles.length > 0;

const assertFinite = (caller: string, what: string, values: Float32Array): void => {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new ShapeError(
        'not-finite',
        caller,
        `${what} must be finite, got ${values[i]} at point ${Math.floor(i / 3)}`,
      );
};

/**
 * Checks that arrays are a shape: at least one point, whole rows, finite numbers, as many normals as points, triangles
 * on points that exist.
 *
 * @param caller what the message begins with
 * @throws RangeError when the lengths do not fit together
 * @throws ShapeError `no-points`, `not-finite` or `bad-index`
 */
export const assertShape = (caller: string, shape: PointCloud | Mesh): void => {
  const { positions, normals, offset } = shape;
  if (offset && !(offset.length === 3 && offset.every(Number.isFinite)))
    throw new RangeError(`${caller}: offset must be three finite numbers, got ${offset}`);
  if (positions.length % 3 !== 0)
    throw new RangeError(`${caller}: positions must be f32[n, 3], got ${positions.length} numbers`);
  if (positions.length === 0)
    throw new ShapeError('no-points', caller, `a shape must have at least one point, got none`);
  assertFinite(caller, 'coordinates', positions);
  if (normals) {
    if (normals.length !== positions.length)
      throw new RangeError(
        `${caller}: normals must be as many as points, got ${normals.length} numbers for ${positions.length} coordinates`,
      );
    assertFinite(caller, 'normals', normals);
  }
  if (!('triangles' in shape)) return;
  const { triangles } = shape;
  if (triangles.length % 3 !== 0)
    throw new RangeError(`${caller}: triangles must be u32[m, 3], got ${triangles.length} numbers`);
  const count = positions.length / 3;
  for (let i = 0; i < triangles.length; i++)
    if (triangles[i]! >= count)
      throw new ShapeError(
        'bad-index',
        caller,
        `triangle ${Math.floor(i / 3)} names point ${triangles[i]}, but there are ${count} points`,
      );
};

/**
 * Checks that a shape is a mesh.
 *
 * @throws ShapeError `no-triangles`, and as {@link assertShape}
 */
export const assertMesh = (caller: string, mesh: Mesh): void => {
  assertShape(caller, mesh);
  if (!isMesh(mesh)) throw new ShapeError('no-triangles', caller, `a mesh must have at least one triangle, got none`);
};
