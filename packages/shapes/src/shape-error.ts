import { type ErrorParts, ExplainedError } from '@neural-fields/core';

/** The kinds of problems with a shape or its file. */
export type ShapeProblem =
  /** No bytes at all. */
  | 'empty-file'
  /** The bytes are not in a known shape format. */
  | 'not-a-shape'
  /** A known format with an unsupported feature. */
  | 'unsupported'
  /** The bytes end before the shape does. */
  | 'truncated'
  /** The file is inconsistent. */
  | 'damaged'
  /** No points. */
  | 'no-points'
  /** A coordinate or a normal is NaN or infinite. */
  | 'not-finite'
  /** All points coincide, so that the shape cannot be scaled or sampled. */
  | 'coincident-points'
  /** The shape is too small for the precision of its coordinates, or these exceed the range of 32-bit floats. */
  | 'precision'
  /** The shape exceeds a limit. */
  | 'too-large'
  /** A triangle refers to a vertex that does not exist. */
  | 'bad-index'
  /** Normals are required, but absent or of length 0. */
  | 'no-normals'
  /** Triangles are required, but absent, or all of area 0. */
  | 'no-triangles'
  /** A closed mesh is required, but this one has a boundary or an inconsistent orientation. */
  | 'not-closed';

/** A shape cannot be read, written or used; `problem` is the machine-readable reason. */
export class ShapeError extends ExplainedError {
  override readonly name: string = 'ShapeError';
  readonly problem: ShapeProblem;

  constructor(problem: ShapeProblem, caller: string | undefined, reason: string, options?: ErrorParts & ErrorOptions) {
    super(caller, reason, options);
    this.problem = problem;
  }
}
