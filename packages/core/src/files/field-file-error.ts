import { type ErrorParts, ExplainedError } from '../explained-error.ts';
import { printable } from '../printable.ts';

/** Why a file is not a field. */
export type FieldFileProblem =
  /** It has no spec: arrays of another program, or another kind of model. */
  | 'no-spec'
  /** The names of the arrays match no network that the importer knows. */
  | 'unknown-names'
  /** It was written by a later version of this library in a format that this one does not know. */
  | 'newer-version'
  /** The spec or its version is invalid, or names a layer or an activation that was not passed as an extension. */
  | 'invalid-spec'
  /** A parameter of the spec is missing. */
  | 'missing-parameter'
  /** A parameter does not have the shape that the spec requires, or is not float32. */
  | 'wrong-shape'
  /** An array is not a parameter of the spec. */
  | 'unexpected-tensor'
  /** A parameter contains NaN or an infinity. */
  | 'not-finite'
  /** A parameter is too large for the requested precision. */
  | 'out-of-range'
  /** The model artifacts do not have the structure that tfjs defines. */
  | 'invalid-artifacts'
  /** A file of `torch.save` is truncated or inconsistent. */
  | 'damaged-archive'
  /** A file of `torch.save` needs more than tensors and plain values, or is of an unsupported kind. */
  | 'refused-pickle'
  /** A limit is exceeded. */
  | 'too-large'
  /** There are several networks, and it is not specified which one to use. */
  | 'ambiguous'
  /** Neither the names nor the options say which activation is between the layers. */
  | 'unknown-activation'
  /** The network has a layer or an activation that the requested naming scheme cannot represent. */
  | 'not-exportable';

/** Thrown for a file that is well-formed, but is not a field. */
export class FieldFileError extends ExplainedError {
  override readonly name = 'FieldFileError';
  readonly problem: FieldFileProblem;

  /** @param reason without the words `field file`, with which the message begins */
  constructor(problem: FieldFileProblem, reason: string, options?: ErrorParts & ErrorOptions) {
    super('field file', printable(reason), options);
    this.problem = problem;
  }
}
