import ndarray from 'ndarray';
import { expect, test } from 'vitest';
import { coordinateGradient, decodeImage, gridCoordinates, laplacian, sobel, ssim } from '../src/index.ts';
import { audioSamples } from '../src/points/audio-samples.ts';

const picture = ndarray(new Float32Array(64), [8, 8, 1]);
const samples = ndarray(Float32Array.of(0, 1), [2, 1]);

// What plain JavaScript, or a text from a settings file, may pass.
const name = <T>(text: string): T => text as T;

test.each<[string, () => unknown]>([
  [
    'gridCoordinates: convention must be one of corner-aligned, pixel-centred, got "pixel-centered"',
    () => gridCoordinates([2, 2], { convention: name('pixel-centered') }),
  ],
  [
    'gridCoordinates: aspect must be one of stretch, keep, got "fit"',
    () => gridCoordinates([2, 2], { aspect: name('fit') }),
  ],
  [
    'audioSamples: amplitude must be one of keep, peak, got "Peak"',
    () => audioSamples({ samples }, { amplitude: name('Peak') }),
  ],
  [
    'sobel: boundary must be one of reflect, nearest, mirror, wrap, got "periodic"',
    () => sobel(picture, 0, { boundary: name('periodic') }),
  ],
  [
    'laplacian: boundary must be one of reflect, nearest, mirror, wrap, got "one-sided"',
    () => laplacian(picture, { boundary: name('one-sided') }),
  ],
  [
    'coordinateGradient: boundary must be one of reflect, nearest, mirror, wrap, one-sided, got "zero"',
    () => coordinateGradient(picture, { boundary: name('zero') }),
  ],
])('%s', (message, call) => {
  expect(call).toThrow(new RangeError(message));
});

test('of ssim and decodeImage', async () => {
  await expect(async () => ssim(picture, picture, { covariance: name('biased') })).rejects.toThrow(
    'ssim: covariance must be one of sample, population, got "biased"',
  );
  await expect(async () => ssim(picture, picture, { window: name('hann') })).rejects.toThrow(
    'ssim: window must be one of uniform, gaussian, got "hann"',
  );
  await expect(decodeImage(new Uint8Array(8), { channels: name('gray') })).rejects.toThrow(
    'decodeImage: channels must be one of grey, rgb, rgba, keep, got "gray"',
  );
  await expect(decodeImage(new Uint8Array(8), { alpha: name('blend') })).rejects.toThrow(
    'decodeImage: alpha must be one of composite, drop, error, got "blend"',
  );
});
