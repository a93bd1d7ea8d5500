import type { NdArray } from 'ndarray';

/** Sound: samples `f32[n, channels]` in [-1, 1], and how many of them make a second. */
export interface Audio {
  readonly samples: NdArray<Float32Array>;
  /** Hertz. */
  readonly sampleRate: number;
}
