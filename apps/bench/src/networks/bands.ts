/** @file The energy of a signal, or of an error, in octaves of frequency. */
import { amplitudeSpectrum, hannWindow } from '@neural-fields/core/spectra';
import { type DenseArray, denseArray } from '@neural-fields/signals';
import type { Band } from './results.ts';

/** One channel without its mean. */
const channelOf = ({ data, shape }: DenseArray, channel: number): { data: Float64Array; shape: number[] } => {
  const channels = shape.at(-1) as number;
  const values = Float64Array.from(
    { length: data.length / channels },
    (_, i) => data[i * channels + channel] as number,
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { data: values.map(value => value - mean), shape: shape.slice(0, -1) };
};

/** The energies of octaves, the highest frequency of each as a key: 1, 2, 4 ... cycles over [-1, 1]. */
const energies = (values: DenseArray): ReadonlyMap<number, number> => {
  const bands = new Map<number, number>();
  for (let channel = 0; channel < (values.shape.at(-1) as number); channel++) {
    const signal = channelOf(values, channel);
    const spacing = signal.shape.map(length => 2 / length);
    const { amplitudes, shape, frequencies } = amplitudeSpectrum(signal, { spacing, window: hannWindow });
    for (let i = 0; i < amplitudes.length; i++) {
      let [rest, squares] = [i, 0];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const length = shape[axis] as number;
        squares += ((frequencies[axis] as Float64Array)[rest % length] as number) ** 2;
        rest = Math.floor(rest / length);
      }
      const cycles = 2 * Math.sqrt(squares);
      const to = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, cycles)) - 1e-9));
      // The corners of a spectrum belong to the last octave that is whole.
      const most = Math.min(...shape.map(length => length / 2));
      const band = Math.min(to, 2 ** Math.ceil(Math.log2(most) - 1e-9));
      bands.set(band, (bands.get(band) ?? 0) + (amplitudes[i] as number) ** 2);
    }
  }
  return bands;
};

/**
 * The energy of the difference of values from the truth in octaves of frequency, relative to the whole energy of the
 * truth, in decibels. Without values, the energy of the truth itself.
 *
 * @param truth `[...grid, channels]` on a regular grid over [-1, 1]
 */
export const bandsOf = (truth: DenseArray, values?: DenseArray): readonly Band[] => {
  const all = energies(truth);
  const whole = [...all.values()].reduce((sum, energy) => sum + energy, 0);
  const chosen =
    values === undefined
      ? all
      : energies(
          denseArray(
            values.data.map((value, i) => value - (truth.data[i] as number)),
            truth.shape,
          ),
        );
  return [...chosen]
    .sort(([a], [b]) => a - b)
    .map(([to, energy]) => ({ to, decibels: 10 * Math.log10(Math.max(energy, 1e-30) / whole) }));
};
