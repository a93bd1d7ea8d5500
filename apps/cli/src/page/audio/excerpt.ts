/** @file The excerpt of a sound that a page shows and plays, so that neither depends on the sound's length. */
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { sampleRange } from '@neural-fields/app-kit/render';
import type { AudioDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { gridCoordinatesRange, type PointSet } from '@neural-fields/signals';

/** Consecutive samples of a sound. */
export interface Excerpt {
  readonly start: number;
  readonly length: number;
}

/** The number of samples read at once. */
const CHUNK = 65_536;

/** Candidate excerpts start this fraction of their length apart. */
const SHIFTS = 4;

/** Values of the field, scaled to samples of the sound in [-1, 1]. */
const toSamples = ({ range: [low, high] }: AudioDescription, values: Float32Array): Float32Array =>
  values.map(value => (value - (low + high) / 2) * (2 / (high - low)));

/** The samples of an excerpt of the original: `f32[length, channels]`. */
export const readExcerpt = (
  description: AudioDescription,
  points: PointSet,
  { start, length }: Excerpt,
): Float32Array => toSamples(description, points.draw(start, length).targets?.['value'] as Float32Array);

/** The same excerpt of the field. @throws the reason of `signal` when it is aborted */
export const sampleExcerpt = async (
  field: Field,
  description: AudioDescription,
  { start, length }: Excerpt,
  signal: AbortSignal,
): Promise<Float32Array> => {
  const { channels, convention, spans } = description;
  const sound = new Float32Array(length * channels);
  const points = {
    count: length,
    coords: (from: number, count: number) =>
      gridCoordinatesRange([description.length], { start: start + from, count }, { convention, spans }),
  };
  await sampleRange(field, points, { quantity: 'value', signal }, (from, values) =>
    sound.set(toSamples(description, values), from * channels),
  );
  return sound;
};

/**
 * The loudest excerpt of at most `longest` samples, or the first one if the original is not available.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const chooseExcerpt = async (
  description: AudioDescription,
  points: PointSet | undefined,
  longest: number,
  signal: AbortSignal,
): Promise<Excerpt> => {
  const length = Math.min(longest, description.length);
  if (points === undefined || length === description.length) return { start: 0, length };
  const shift = Math.max(1, Math.floor(length / SHIFTS));
  const energies = new Float64Array(Math.ceil(description.length / shift));
  for (let start = 0; start < points.size; start += CHUNK) {
    await yieldToEventLoop();
    signal.throwIfAborted();
    const count = Math.min(CHUNK, points.size - start);
    const samples = readExcerpt(description, points, { start, length: count });
    for (const [i, sample] of samples.entries()) {
      const part = Math.floor((start + Math.floor(i / description.channels)) / shift);
      energies[part] = (energies[part] as number) + sample ** 2;
    }
  }
  const parts = Math.max(1, Math.floor(length / shift));
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let part = 0; part * shift + length <= description.length; part++) {
    const energy = energies.subarray(part, part + parts).reduce((sum, value) => sum + value, 0);
    if (energy > most) [best, most] = [part, energy];
  }
  return { start: best * shift, length };
};

/** The mean of the channels: `f32[length]`. */
export const mono = (samples: Float32Array, channels: number): Float32Array => {
  const mean = new Float32Array(samples.length / channels);
  for (const [i, sample] of samples.entries()) {
    const index = Math.floor(i / channels);
    mean[index] = (mean[index] as number) + sample / channels;
  }
  return mean;
};
