/** @file Signals that are known at samples: pictures and sounds. They are fitted with the mean squared error. */
import { createHash } from 'node:crypto';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { formatCount, formatDecibels, plural, UsageError } from '@neural-fields/app-kit';
import { pointsOf } from '@neural-fields/app-kit/fitting';
import type { AudioDescription, ImageDescription } from '@neural-fields/app-kit/signals';
import { stopAt, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import type { DecodeNote, OmegaSuggestion, PointSet } from '@neural-fields/signals';
import { formatGoal } from '../settings/goals.ts';
import { settingsFor } from '../settings/presets.ts';
import { type PreparedSignal, UNTIL_DECAY } from './prepared-signal.ts';
import { measureQuality } from './quality.ts';

type SamplesDescription = ImageDescription | AudioDescription;

/** A signal with all of its samples. */
export interface PreparedSamples extends PreparedSignal {
  readonly description: SamplesDescription;
  /** All points with their targets `value`, which the field should take there. */
  readonly points: PointSet;
}

/** The number of points processed at once. */
const CHUNK = 65_536;

/** The hash of everything that a fit uses of a sampled signal. */
export const hashSamples = async (
  description: SamplesDescription,
  points: PointSet,
  onProgress: (share: number) => void = () => undefined,
): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify(description));
  for (let start = 0; start < points.size; start += CHUNK) {
    const { targets } = points.draw(start, Math.min(CHUNK, points.size - start));
    const value = targets?.['value'] as Float32Array;
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    onProgress(start / points.size);
    await yieldToEventLoop();
  }
  return hash.digest('hex');
};

/** The mean square of the values of all points. */
const powerOf = (points: PointSet): number => {
  let [sum, count] = [0, 0];
  for (let start = 0; start < points.size; start += CHUNK) {
    const value = points.draw(start, Math.min(CHUNK, points.size - start)).targets?.['value'] as Float32Array;
    for (const each of value) sum += each ** 2;
    count += value.length;
  }
  return sum / count;
};

/** The numbers of points along each axis. */
const gridOf = (description: SamplesDescription): readonly number[] =>
  description.kind === 'image' ? [description.height, description.width] : [description.length];

/** Remarks on samples, in addition to their values. */
export interface SamplesRemarks {
  /** What was done to them, as sentences. */
  readonly notes?: readonly string[];
  /** What the user should know about them. */
  readonly warnings?: readonly string[];
  /** The oddities of their file. */
  readonly oddities?: readonly DecodeNote[];
  readonly onProgress?: (share: number) => void;
  readonly suggestOmega?: () => OmegaSuggestion;
}

/** Prepares samples for fitting. */
export const preparedSamples = async (
  description: SamplesDescription,
  points: PointSet,
  { notes = [], warnings = [], oddities = [], onProgress, suggestOmega }: SamplesRemarks = {},
): Promise<PreparedSamples> => ({
  description,
  points,
  notes,
  warnings: [...warnings, ...oddities.map(({ text }) => text)],
  defaults: settings => settingsFor(settings, description.kind, points.size),
  ...(suggestOmega && { suggestOmega }),
  outFeatures: description.channels,
  sha256: await hashSamples(description, points, onProgress),
  terms: settings => [term({ points: pointsOf(points, gridOf(description), settings), loss: mse() })],
  until: goal => {
    const isSound = description.kind === 'audio';
    if (goal.unit !== 'dB')
      throw new UsageError({
        what: `--until ${formatGoal(goal)}`,
        wanted: `decibels of the ${isSound ? 'SNR of a sound, such as 20dB' : 'PSNR of an image, such as 40dB'}`,
        got: formatGoal(goal),
      });
    // PSNR = 10 log10(4 / mse) and SNR = 10 log10(power / mse), in the field's units.
    const atLeast = isSound ? goal.value + 10 * Math.log10(4 / powerOf(points)) : goal.value;
    return stopAt({ metric: 'psnr', atLeast, decay: UNTIL_DECAY });
  },
  describePoints: ({ batch }) =>
    `${formatCount(points.size)} points, ${batch === 'full' ? 'all points' : plural(batch, 'point')} a step`,
  figures: ({ metrics }) => [`PSNR ${formatDecibels(metrics['psnr'] as number)}`],
  measure: async (field, signal) => {
    const quality = await measureQuality(field, points, signal);
    const snr = description.kind === 'audio' ? `, SNR ${formatDecibels(quality.snr)}` : '';
    const part =
      quality.points < points.size ? ` (at ${formatCount(quality.points)} of ${formatCount(points.size)} points)` : '';
    return { figures: { ...quality }, text: `PSNR ${formatDecibels(quality.psnr)}${snr}${part}` };
  },
});
