import { type ErrorParts, ExplainedError } from '@neural-fields/core';

/** The kinds of problems with the bytes of a sound. */
export type AudioProblem =
  /** No bytes at all. */
  | 'empty-file'
  /** The bytes are not a WAV file. */
  | 'not-audio'
  /** A WAV file of an unsupported kind. */
  | 'unsupported'
  /** The bytes end before the sound does. */
  | 'truncated'
  /** The file is inconsistent. */
  | 'damaged'
  /** No samples. */
  | 'too-short'
  /** A sample is NaN or infinite. */
  | 'not-finite';

/** A sound cannot be decoded or encoded; `problem` is the machine-readable reason. */
export class AudioError extends ExplainedError {
  override readonly name: string = 'AudioError';
  readonly problem: AudioProblem;

  constructor(problem: AudioProblem, caller: string | undefined, reason: string, options?: ErrorParts & ErrorOptions) {
    super(caller, reason, options);
    this.problem = problem;
  }
}
