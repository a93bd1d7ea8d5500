import { printable } from './printable.ts';

/** What keeps a file from being a field. */
export type FieldFileProblem =
  /** It holds no spec: arrays of another program, or another kind of model. */
  | 'no-spec'
  /** The names of the arrays are those of no network that the importer knows. */
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
  | 'unexpected-tensor'
  /** A parameter holds NaN or an infinity. */
  | 'not-finite'
  /** The model artifacts are not of the form that tfjs gives them. */
  | 'invalid-artifacts'
  /** A file of `torch.save` is truncated, or its parts contradict each other. */
  | 'damaged-archive'
  /** A file of `torch.save` asks for more than tensors and plain values, or is of a kind that is not read. */
  | 'refused-pickle'
  /** More is asked for than a limit allows. */
  | 'too-large'
  /** There are several networks, and nothing says which one is meant. */
  | 'ambiguous'
  /** The names do not say which activation lies between the layers, and neither do the options. */
  | 'unknown-activation'
  /** The network has a layer or an activation that the wanted names have no place for. */
  | 'not-exportable';

/** Thrown for a file that is well-formed, but is not a field. */
export class FieldFileError extends Error {
  override readonly name = 'FieldFileError';
  readonly problem: FieldFileProblem;

  constructor(problem: FieldFileProblem, message: string, options?: ErrorOptions) {
    super(printable(`field file: ${message}`), options);
    this.problem = problem;
  }
}
