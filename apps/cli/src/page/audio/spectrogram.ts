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

/** The maximum window length in samples, and the maximum number of frames. */
const MAX_WINDOW = 512;
const MIN_WINDOW = 32;
const MAX_FRAMES = 480;

/** Amplitudes below this fraction of the loudest are shown in the darkest colour: 80 dB. */
const DARKEST = 1e-4;

/** The amplitudes of equally spaced Hann windows over a sound, which has at least two samples. */
export const spectrogramOf = (samples: Float32Array): Spectrogram => {
  let size = MAX_WINDOW;
  while (size > MIN_WINDOW && size * 8 > samples.length) size /= 2;
  const window = Float64Array.from({ length: size }, (_, i) => hannWindow(i, size));
  const total = window.reduce((sum, factor) => sum + factor, 0);
  const frames = Math.min(MAX_FRAMES, samples.length);
  const bands = size / 2;
  const amplitudes = new Float64Array(bands * frames);
  for (let frame = 0; frame < frames; frame++) {
    // Windows are centred on their frames; the sound is padded with silence.
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
 * A spectrogram as a picture, with colours on a logarithmic scale: `f32[bands, frames, 3]`.
 *
 * @param top the amplitude shown in the lightest colour
 */
export const spectrogramPicture = ({ amplitudes, bands, frames }: Spectrogram, top: number): Image => {
  const high = Math.max(top, 1e-9);
  return logarithmicPicture(amplitudes, [bands, frames], { low: high * DARKEST, high });
};
