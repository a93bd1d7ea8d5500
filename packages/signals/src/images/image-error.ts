import { type ErrorParts, ExplainedError } from '@neural-fields/core';

/** What is wrong with an image's bytes, or with what is asked of them. */
export type ImageProblem =
  /** No bytes at all. */
  | 'empty-file'
  /** The bytes are of no image format that is known here. */
  | 'not-an-image'
  /** A known format or variant that is not read or written here. */
  | 'unsupported'
  /** The bytes end before the image does. */
  | 'truncated'
  /** The decoder rejects the bytes. */
  | 'damaged'
  /** Zero rows or zero columns. */
  | 'too-small'
  /** More pixels than `maxPixels`, or a side longer than the format can say. */
  | 'too-large'
  /** No decoder on this platform: in Node, the package `sharp` is not installed. */
  | 'codec-missing';

/** An image cannot be decoded or encoded; `problem` says why in a form that a program can act on. */
export class ImageError extends ExplainedError {
  override readonly name: string = 'ImageError';
  readonly problem: ImageProblem;

  constructor(problem: ImageProblem, caller: string | undefined, reason: string, options?: ErrorParts & ErrorOptions) {
    super(caller, reason, options);
    this.problem = problem;
  }
}

/** An image of more pixels than are read. */
export const tooManyPixels = (maxPixels: number, got: string): ImageError =>
  new ImageError('too-large', 'decodeImage', `the image may have up to ${maxPixels} pixels (maxPixels), got ${got}`, {
    got,
    limit: { option: 'maxPixels', value: maxPixels },
  });
