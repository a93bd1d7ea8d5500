/** @file The spectra of a sound and of its field, which is sampled more densely. */
import { sampleRange } from '@neural-fields/app-kit/render';
import type { AudioDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { amplitudeSpectrum, hannWindow, type RadialSpectrum, radialSpectrum } from '@neural-fields/core/spectra';
import { gridCoordinatesRange, type PointSet } from '@neural-fields/signals';
import { chooseExcerpt, type Excerpt, mono, readExcerpt } from '../page/audio/excerpt.ts';

/** The field is sampled this many times as densely as the sound, to show frequencies beyond the sound's own. */
export const OVERSAMPLING = 2;

/** The maximum number of samples of the sound that are analysed: three seconds at 44.1 kHz. */
const LONGEST = 2 ** 17;

/** Spectra in Hz. */
export interface SoundSpectra {
  /** Up to half the sample rate; absent if the original is not available. */
  readonly sound?: RadialSpectrum;
  /** Up to {@link OVERSAMPLING} times as far. */
  readonly field: RadialSpectrum;
  readonly excerpt: Excerpt;
}

/** What the spectra are computed with. */
export interface SoundSpectraOptions {
  /** The original. */
  readonly points: PointSet | undefined;
  readonly signal: AbortSignal;
  /** Called with the completed share. */
  readonly report: (share: number) => void;
}

const spectrumOf = (samples: Float32Array, sampleRate: number): RadialSpectrum => {
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const centred = { data: samples.map(value => value - mean), shape: [samples.length] };
  return radialSpectrum(amplitudeSpectrum(centred, { spacing: 1 / sampleRate, window: hannWindow }));
};

/** The mean of the field's channels over an excerpt, sampled more densely. */
const sampleDensely = async (
  field: Field,
  { length, channels, convention, spans, range: [low, high] }: AudioDescription,
  excerpt: Excerpt,
  { signal, report }: SoundSpectraOptions,
): Promise<Float32Array> => {
  const pair = gridCoordinatesRange([length], { start: excerpt.start, count: 2 }, { convention, spans });
  const [first, second] = [pair[0] as number, pair[1] as number];
  const spacing = (second - first) / OVERSAMPLING;
  const values = new Float32Array(OVERSAMPLING * excerpt.length * channels);
  const points = {
    count: OVERSAMPLING * excerpt.length,
    coords: (start: number, count: number) =>
      Float32Array.from({ length: count }, (_, i) => first + (start + i) * spacing),
  };
  await sampleRange(field, points, { quantity: 'value', signal }, (start, part) => {
    values.set(
      part.map(value => (value - (low + high) / 2) * (2 / (high - low))),
      start * channels,
    );
    report((start + part.length / channels) / points.count);
  });
  return mono(values, channels);
};

/**
 * The spectra of the loudest part of a sound, of the mean of its channels; `undefined` if it has fewer than 4 samples.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const soundSpectra = async (
  field: Field,
  description: AudioDescription,
  options: SoundSpectraOptions,
): Promise<SoundSpectra | undefined> => {
  // A Hann window over one or two samples is zero everywhere.
  if (description.length < 4) return undefined;
  const { points, signal } = options;
  const { sampleRate, channels } = description;
  const excerpt = await chooseExcerpt(description, points, LONGEST, signal);
  const dense = await sampleDensely(field, description, excerpt, options);
  return {
    ...(points && { sound: spectrumOf(mono(readExcerpt(description, points, excerpt), channels), sampleRate) }),
    field: spectrumOf(dense, OVERSAMPLING * sampleRate),
    excerpt,
  };
};
