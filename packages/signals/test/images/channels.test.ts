import { describe, expect, test } from 'vitest';
import { type ChannelOptions, imageFromPixels, luma } from '../../src/images/channels.ts';
import type { Pixels } from '../../src/images/codec.ts';
import { finish } from '../../src/work/work.ts';

/** Pixels as a canvas returns them: RGBA whatever the file had. */
const rgba: Pixels = {
  data: Uint8ClampedArray.from([51, 51, 51, 255, 255, 255, 255, 0]),
  width: 2,
  height: 1,
  channels: 4,
  maximum: 255,
};
const made = (pixels: Pixels, fileChannels: 1 | 2 | 3 | 4, options?: ChannelOptions) =>
  finish(imageFromPixels(pixels, fileChannels, options));
const rounded = (values: Float32Array): number[] => [...values].map(value => Number(value.toFixed(6)));

describe('pixels with more channels than the file', () => {
  test('grey', () => {
    expect(rounded(made(rgba, 1, { channels: 'keep' }).data)).toEqual([0.2, 1]);
    expect(made(rgba, 1, { channels: 'keep' }).shape).toEqual([1, 2, 1]);
  });
  test('grey and alpha', () => {
    expect(rounded(made(rgba, 2, { channels: 'keep' }).data)).toEqual([0.2, 1, 1, 0]);
    expect(rounded(made(rgba, 2, { channels: 'grey', background: [0, 0, 0] }).data)).toEqual([0.2, 0]);
  });
  test('RGB', () => {
    expect(rounded(made(rgba, 3).data)).toEqual([0.2, 0.2, 0.2, 1, 1, 1]);
    expect(rounded(made(rgba, 3, { channels: 'rgba' }).data)).toEqual([0.2, 0.2, 0.2, 1, 1, 1, 1, 1]);
  });
});

test('luma is a weighted mean', () => {
  expect(luma(1, 1, 1)).toBeCloseTo(1, 14);
  expect(luma(0.2, 0.4, 0.6)).toBeCloseTo(0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6, 14);
});
