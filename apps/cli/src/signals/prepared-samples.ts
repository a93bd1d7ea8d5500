/** @file Signals that are known at samples: pictures and sounds. They are fitted by the mean squared error. */
import { term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import type { PointSet } from '@neural-fields/signals';
import { measureQuality } from '../fitting/quality.ts';
import { pointsOf } from '../fitting/settings.ts';
import { formatCount, formatDecibels, plural } from '../output/format.ts';
import { hashSignal, type PreparedSignal, type SignalDefaults } from './prepared-signal.ts';
import type { AudioDescription, ImageDescription } from './signal-description.ts';

/** A signal with all of its samples. */
export interface PreparedSamples extends PreparedSignal {
  readonly description: ImageDescription | AudioDescription;
  /** All points with their targets `value`, as the field shall have them. */
  readonly points: PointSet;
}

const defaults: SignalDefaults = { steps: 500, learningRate: 1e-4, schedule: 'constant', batch: 'full' };

/** Makes samples ready to be fitted. */
export const preparedSamples = (
  description: ImageDescription | AudioDescription,
  points: PointSet,
  notes: readonly string[],
): PreparedSamples => ({
  description,
  points,
  notes,
  defaults,
  recoveries: 0,
  outFeatures: description.channels,
  sha256: hashSignal(description, points),
  terms: settings => [term({ points: pointsOf(points, settings), loss: mse() })],
  describePoints: ({ batch }) =>
    `${formatCount(points.size)} points, ${batch === 'full' ? 'all points' : plural(batch, 'point')} a step`,
  figures: ({ metrics }) => [`PSNR ${formatDecibels(metrics['psnr'] as number)}`],
  measure: async (field, signal) => {
    const quality = await measureQuality(field, points, signal);
    const snr = description.kind === 'audio' ? `, SNR ${formatDecibels(quality.snr)}` : '';
    return { figures: { ...quality }, text: `PSNR ${formatDecibels(quality.psnr)}${snr}` };
  },
});
