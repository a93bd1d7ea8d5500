import { type ErrorParts, ExplainedError } from '@neural-fields/core';

/** What is wrong with a shape, or with a file of one. */
export type ShapeProblem =
  /** No bytes at all. */
  | 'empty-file'
  /** The bytes are of no shape format that is known here. */
  | 'not-a-shape'
  /** A known format with something in it that is not read here. */
  | 'unsupported'
  /** The bytes end before the shape does. */
  | 'truncated'
  /** The file contradicts itself. */
  | 'damaged'
  /** No points. */
  | 'no-points'
  /** A coordinate or a normal is NaN or infinite. */
  | 'not-finite'
  /** All points are at one place: nothing can be scaled or sampled. */
  | 'one-place'
  /**
   * The shape is too small for the precision of its coordinates, or these are outside of the range of 32-bit floats.
   */
  | 'precision'
  /** More than a limit allows. */
  | 'too-large'
  /** A triangle names a vertex that is not there. */
  | 'bad-index'
  /** Normals are needed, and absent or of length zero. */
  | 'no-normals'
  /** Triangles are needed, and absent, or all of area zero. */
  | 'no-triangles'
  /** A closed mesh is needed, and this one has a boundary or an inconsistent orientation. */
  | 'not-closed';

/** A shape cannot be read, written or used; `problem` says why in a form that a program can act on. */
export class ShapeError extends ExplainedError {
  override readonly name: string = 'ShapeError';
  readonly problem: ShapeProblem;

  constructor(problem: ShapeProblem, caller: string | undefined, reason: string, options?: ErrorParts & ErrorOptions) {
    super(caller, reason, options);
    this.problem = problem;
  }
}
