import { type ErrorParts, ExplainedError } from '@neural-fields/core';

/** The kinds of problems with the bytes of an image, or with the request. */
export type ImageProblem =
  /** No bytes at all. */
  | 'empty-file'
  /** The bytes are not in a known image format. */
  | 'not-an-image'
  /** A known but unsupported format or variant. */
  | 'unsupported'
  /** The bytes end before the image does. */
  | 'truncated'
  /** The decoder rejects the bytes. */
  | 'damaged'
  /** Zero rows or zero columns. */
  | 'too-small'
  /** More pixels than `maxPixels`, or a side longer than the format can represent. */
  | 'too-large'
  /** No decoder on this platform: in Node, the package `sharp` is not installed. */
  | 'codec-missing';

/** An image cannot be decoded or encoded; `problem` is the machine-readable reason. */
export class ImageError extends ExplainedError {
  override readonly name: string = 'ImageError';
  readonly problem: ImageProblem;

  constructor(problem: ImageProblem, caller: string | undefined, reason: string, options?: ErrorParts & ErrorOptions) {
    super(caller, reason, options);
    this.problem = problem;
  }
}

/** The error of an image with too many pixels. */
export const tooManyPixels = (maxPixels: number, got: string): ImageError =>
  new ImageError(
    'too-large',
    'decodeImage',
    `the image must have at most ${maxPixels} pixels (maxPixels), got ${got}`,
    {
      got,
      limit: { option: 'maxPixels', value: maxPixels },
    },
  );
