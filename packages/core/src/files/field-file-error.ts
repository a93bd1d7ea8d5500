/** What keeps a file from being a field. */
export type FieldFileProblem =
  /** It holds no spec: arrays of another program, or another kind of model. */
  | 'no-spec'
  /** The names of its arrays are those of no network that the importer knows. */
  | 'unknown-names'
  /** It was written by a later version of this library in a format that this one does not know. */
  | 'newer-version'
  /** The spec or the version in it is wrong, or names a layer or an activation that was not given as an extension. */
  | 'invalid-spec'
  /** The spec asks for a parameter that is not there. */
  | 'missing-parameter'
  /** A parameter has another shape than the spec asks for, or is not float32. */
  | 'wrong-shape'
  /** There is an array that is no parameter of the spec. */
  | 'unexpected-tensor';

/** Thrown for a file that is well-formed, but is not a field. */
export class FieldFileError extends Error {
  override readonly name = 'FieldFileError';
  readonly problem: FieldFileProblem;

  constructor(problem: FieldFileProblem, message: string, options?: ErrorOptions) {
    super(`field file: ${message}`, options);
    this.problem = problem;
  }
}
