/** @file Shapes are plain arrays. */
import { ShapeError } from './shape-error.ts';
import type { Offset } from './shape-offset.ts';

/** Points in space, with or without normals. Arrays are row-major with one row x, y, z per point. */
export interface PointCloud {
  /** `f32[n, 3]`, relative to `offset` if there is one. */
  readonly positions: Float32Array;
  /**
   * The origin of `positions`; [0, 0, 0] if absent. Shapes far from the origin have an offset, as float32 would round
   * their coordinates. Functions of coordinates, such as `insideTest`, take coordinates relative to the offset too.
   */
  readonly offset?: Offset;
  /** `f32[n, 3]`, of length 1, pointing out of the shape. A normal of length 0 is unknown. */
  readonly normals?: Float32Array;
}

/** A triangle mesh. Seen from outside, the vertices of a triangle are in anticlockwise order. */
export interface Mesh extends PointCloud {
  /** `u32[m, 3]`: indices into the rows of `positions`. */
  readonly triangles: Uint32Array;
}

/** Whether a shape has triangles. */
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
 * Checks that arrays are a valid shape: at least one point, complete rows, finite values, as many normals as points,
 * valid indices in triangles.
 *
 * @param caller the function that messages name
 * @throws RangeError when the lengths do not fit together
 * @throws ShapeError `no-points`, `not-finite` or `bad-index`
 */
export const assertShape = (caller: string, shape: PointCloud | Mesh): void => {
  const { positions, normals, offset } = shape;
  if (offset && !(offset.length === 3 && offset.every(Number.isFinite)))
    throw new RangeError(`${caller}: offset must be three finite numbers, got ${offset}`);
  if (positions.length % 3 !== 0)
    throw new RangeError(`${caller}: positions must be f32[n, 3], got ${positions.length} values`);
  if (positions.length === 0)
    throw new ShapeError('no-points', caller, `a shape must have at least one point, got none`);
  assertFinite(caller, 'coordinates', positions);
  if (normals) {
    if (normals.length !== positions.length)
      throw new RangeError(
        `${caller}: normals must be f32[n, 3] like positions, got ${normals.length} values for ${positions.length} coordinates`,
      );
    assertFinite(caller, 'normals', normals);
  }
  if (!('triangles' in shape)) return;
  const { triangles } = shape;
  if (triangles.length % 3 !== 0)
    throw new RangeError(`${caller}: triangles must be u32[m, 3], got ${triangles.length} values`);
  const count = positions.length / 3;
  for (let i = 0; i < triangles.length; i++)
    if (triangles[i]! >= count)
      throw new ShapeError(
        'bad-index',
        caller,
        `triangle ${Math.floor(i / 3)} refers to point ${triangles[i]}, but there are ${count} points`,
      );
};

/**
 * Checks that a shape is a valid mesh.
 *
 * @throws ShapeError `no-triangles`, and as {@link assertShape}
 */
export const assertMesh = (caller: string, mesh: Mesh): void => {
  assertShape(caller, mesh);
  if (!isMesh(mesh)) throw new ShapeError('no-triangles', caller, `a mesh must have at least one triangle, got none`);
};
