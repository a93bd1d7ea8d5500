import { type ErrorParts, ExplainedError } from '@neural-fields/core';

/** What is wrong with a sound's bytes. */
export type AudioProblem =
  /** No bytes at all. */
  | 'empty-file'
  /** The bytes are not a WAV file. */
  | 'not-audio'
  /** A WAV file of a kind that is not read here. */
  | 'unsupported'
  /** The bytes end before the sound does. */
  | 'truncated'
  /** The file contradicts itself. */
  | 'damaged'
  /** No samples. */
  | 'too-short'
  /** A sample is NaN or infinite. */
  | 'not-finite';

/** A sound cannot be decoded or encoded; `problem` says why in a form that a program can act on. */
export class AudioError extends ExplainedError {
  override readonly name: string = 'AudioError';
  readonly problem: AudioProblem;

  constructor(problem: AudioProblem, caller: string | undefined, reason: string, options?: ErrorParts & ErrorOptions) {
    super(caller, reason, options);
    this.problem = problem;
  }
}
