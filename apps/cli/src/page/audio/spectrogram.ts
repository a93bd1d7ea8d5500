/** @file The short-time spectrum of a sound as a picture. */
import { fft, hannWindow } from '@neural-fields/core/spectra';
import type { Image } from '@neural-fields/signals';
import { logarithmicPicture } from '../colours.ts';

/** The short-time spectrum of a sound: amplitudes by time and frequency. */
export interface Spectrogram {
  /** Row-major, high frequencies in the first row: `f64[bands, frames]`. */
  readonly amplitudes: Float64Array;
  readonly bands: number;
  readonly frames: number;
}

/** The longest window in samples, and the most frames. */
const MAX_WINDOW = 512;
const MIN_WINDOW = 32;
const MAX_FRAMES = 480;

/** Amplitudes below this share of the loudest are shown as the darkest colour: 80 dB. */
const DARKEST = 1e-4;

/** The amplitudes of Hann windows at equal distances over a sound, which has at least two samples. */
export const spectrogramOf = (samples: Float32Array): Spectrogram => {
  let size = MAX_WINDOW;
  while (size > MIN_WINDOW && size * 8 > samples.length) size /= 2;
  const window = Float64Array.from({ length: size }, (_, i) => hannWindow(i, size));
  const total = window.reduce((sum, factor) => sum + factor, 0);
  const frames = Math.min(MAX_FRAMES, samples.length);
  const bands = size / 2;
  const amplitudes = new Float64Array(bands * frames);
  for (let frame = 0; frame < frames; frame++) {
    // The middle of the window; beyond the ends there is silence.
    const first = Math.round(((frame + 0.5) / frames) * samples.length - size / 2);
    const real = window.map((factor, i) => factor * (samples[first + i] ?? 0));
    const spectrum = fft({ real, imaginary: new Float64Array(size) });
    for (let band = 0; band < bands; band++)
      amplitudes[(bands - 1 - band) * frames + frame] =
        (2 * Math.hypot(spectrum.real[band] as number, spectrum.imaginary[band] as number)) / total;
  }
  return { amplitudes, bands, frames };
};

/** The largest amplitude. */
export const loudest = ({ amplitudes }: Spectrogram): number => amplitudes.reduce((a, b) => Math.max(a, b), 0);

/**
 * A spectrogram as a picture, in logarithmic colours: `f32[bands, frames, 3]`.
 *
 * @param top the amplitude that is lightest
 */
export const spectrogramPicture = ({ amplitudes, bands, frames }: Spectrogram, top: number): Image => {
  const high = Math.max(top, 1e-9);
  return logarithmicPicture(amplitudes, [bands, frames], { low: high * DARKEST, high });
};
