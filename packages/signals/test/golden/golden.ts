/** @file The reference values in golden.json, computed by make_golden.py with numpy, scipy, scikit-image and Pillow. */
import { readFileSync } from 'node:fs';
import ndarray, { type NdArray } from 'ndarray';
import { expect } from 'vitest';
import type { EncodeAudioOptions } from '../../src/audio/encode-audio.ts';
import type { BoundaryMode } from '../../src/filters/correlate.ts';
import type { ResizeKernel } from '../../src/images/resize-image.ts';

interface GoldenArray {
  readonly shape: number[];
  readonly data: number[];
}

interface Golden {
  readonly metrics: {
    readonly a: GoldenArray;
    readonly b: GoldenArray;
    readonly results: Readonly<Record<string, number>>;
  };
  readonly filters: {
    readonly image: GoldenArray;
    readonly sobel: Readonly<Record<BoundaryMode, number[][]>>;
    readonly laplace: Readonly<Record<BoundaryMode, number[]>>;
    readonly magnitude: Readonly<Record<BoundaryMode, number[]>>;
    readonly volume: { readonly image: GoldenArray; readonly sobel: number[][]; readonly laplace: number[] };
  };
  readonly resize: {
    readonly image: GoldenArray;
    readonly results: readonly {
      readonly kernel: ResizeKernel;
      readonly height: number;
      readonly width: number;
      readonly data: number[];
    }[];
  };
  readonly wavs: readonly {
    readonly sampleFormat: NonNullable<EncodeAudioOptions['sampleFormat']>;
    readonly sampleRate: number;
    readonly channels: number;
    /** Base64. */
    readonly file: string;
    readonly samples: number[];
  }[];
}

export const golden: Golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as Golden;

/** As float32, to which the golden inputs are rounded. */
export const toArray = ({ shape, data }: GoldenArray): NdArray<Float32Array> => ndarray(Float32Array.from(data), shape);

/** Expects equal lengths and a maximum difference below `tolerance`. */
export const expectClose = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThan(tolerance);
};
