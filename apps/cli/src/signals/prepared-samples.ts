/** @file Signals that are known at samples: pictures and sounds. They are fitted by the mean squared error. */
import { term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import type { PointSet } from '@neural-fields/signals';
import { settingsFor } from '../fitting/presets.ts';
import { measureQuality } from '../fitting/quality.ts';
import { pointsOf } from '../fitting/settings.ts';
import { formatCount, formatDecibels, plural } from '../output/format.ts';
import { hashSignal, type PreparedSignal } from './prepared-signal.ts';
import type { AudioDescription, ImageDescription } from './signal-description.ts';

/** A signal with all of its samples. */
export interface PreparedSamples extends PreparedSignal {
  readonly description: ImageDescription | AudioDescription;
  /** All points with their targets `value`, as the field shall have them. */
  readonly points: PointSet;
}

/** A rate that suits most networks can be too much for a wide one. */
const RECOVERIES = 3;

/** Makes samples ready to be fitted. */
export const preparedSamples = (
  description: ImageDescription | AudioDescription,
  points: PointSet,
  notes: readonly string[],
): PreparedSamples => ({
  description,
  points,
  notes,
  defaults: preset => settingsFor(preset, description.kind, points.size),
  recoveries: RECOVERIES,
  outFeatures: description.channels,
  sha256: hashSignal(description, points),
  terms: settings => [term({ points: pointsOf(points, settings), loss: mse() })],
  describePoints: ({ batch }) =>
    `${formatCount(points.size)} points, ${batch === 'full' ? 'all points' : plural(batch, 'point')} a step`,
  figures: ({ metrics }) => [`PSNR ${formatDecibels(metrics['psnr'] as number)}`],
  measure: async (field, signal) => {
    const quality = await measureQuality(field, points, signal);
    const snr = description.kind === 'audio' ? `, SNR ${formatDecibels(quality.snr)}` : '';
    const part = quality.points < points.size ? ` (at ${formatCount(quality.points)} of ${formatCount(points.size)} points)` : '';
    return { figures: { ...quality }, text: `PSNR ${formatDecibels(quality.psnr)}${snr}${part}` };
  },
});
