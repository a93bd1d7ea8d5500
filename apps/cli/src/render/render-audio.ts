/** @file Renders a field as a sound. */

import { sampleRange } from '@neural-fields/app-kit/render';
import type { AudioDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { gridCoordinatesRange } from '@neural-fields/signals';
import { writeAudio } from '@neural-fields/signals/node';
import ndarray from 'ndarray';

/** How a sound is written. */
export interface RenderAudioOptions {
  /** Hertz. */
  readonly sampleRate: number;
  readonly bitDepth: 16 | 24 | 32;
  readonly signal: AbortSignal;
  /** Called with the number of samples done. */
  readonly report: (done: number) => void;
}

const sampleFormats = { 16: 'int16', 24: 'int24', 32: 'float32' } as const;

/** The number of samples at a sample rate, for a sound as long as the one that the field was fitted to. */
export const sampleCount = ({ length, sampleRate }: AudioDescription, wanted: number): number =>
  Math.max(1, Math.round((length * wanted) / sampleRate));

/**
 * Renders a field to a WAV file. It appears under its name only when it is complete.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const renderAudio = async (
  field: Field,
  signal: AudioDescription,
  path: string,
  { sampleRate, bitDepth, signal: abort, report }: RenderAudioOptions,
): Promise<void> => {
  const { channels, convention, spans, range } = signal;
  const count = sampleCount(signal, sampleRate);
  const sound = new Float32Array(count * channels);
  const middle = (range[0] + range[1]) / 2;
  const scale = 2 / (range[1] - range[0]);
  const points = {
    count,
    coords: (start: number, n: number) => gridCoordinatesRange([count], { start, count: n }, { convention, spans }),
  };
  await sampleRange(field, points, { quantity: 'value', signal: abort }, (start, values) => {
    for (const [i, value] of values.entries()) sound[start * channels + i] = (value - middle) * scale;
    report(start + values.length / channels);
  });
  await writeAudio(
    path,
    { samples: ndarray(sound, [count, channels]), sampleRate },
    { sampleFormat: sampleFormats[bitDepth] },
  );
};
