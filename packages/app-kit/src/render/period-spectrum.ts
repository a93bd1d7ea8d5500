import type { Field } from '@neural-fields/core';
import { type AmplitudeSpectrum, amplitudeSpectrum } from '@neural-fields/core/spectra';
import { sampleRange } from './sample-field.ts';

/** What is measured. */
export interface PeriodSpectrumOptions {
  /** The period of the field in both coordinates. */
  readonly period: number;
  /** The spectrum has the frequencies up to this multiple of 1 / period. */
  readonly maxFrequency: number;
  readonly signal: AbortSignal;
  /** Called with the completed share of the sampling. */
  readonly report?: (share: number) => void;
}

/**
 * The amplitude spectrum of a periodic field of two coordinates over one whole period, of the mean over its values.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const periodSpectrum = async (
  field: Field,
  { period, maxFrequency, signal, report }: PeriodSpectrumOptions,
): Promise<AmplitudeSpectrum> => {
  const side = 2 * maxFrequency + 1;
  const spacing = period / side;
  const points = {
    count: side * side,
    coords: (start: number, count: number) =>
      Float32Array.from({ length: 2 * count }, (_, i) => {
        const point = start + (i >> 1);
        return spacing * (i % 2 === 0 ? Math.floor(point / side) : point % side);
      }),
  };
  const channels = field.outFeatures;
  const data = new Float64Array(points.count);
  await sampleRange(field, points, { quantity: 'value', signal }, (start, values) => {
    for (const [i, value] of values.entries()) {
      const point = start + Math.floor(i / channels);
      data[point] = (data[point] as number) + value / channels;
    }
    report?.((start + values.length / channels) / points.count);
  });
  return amplitudeSpectrum({ data, shape: [side, side] }, { spacing });
};
