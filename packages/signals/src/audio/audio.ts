import type { DenseArray } from '../arrays/dense-array.ts';

/** A sound: samples `f32[n, channels]` in [-1, 1], and their rate. */
export interface Audio {
  readonly samples: DenseArray;
  /** In hertz. */
  readonly sampleRate: number;
}
