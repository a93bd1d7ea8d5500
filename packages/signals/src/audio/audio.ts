import type { DenseArray } from '../arrays/dense-array.ts';

/** Sound: samples `f32[n, channels]` in [-1, 1], and how many of them make a second. */
export interface Audio {
  readonly samples: DenseArray;
  /** Hertz. */
  readonly sampleRate: number;
}
