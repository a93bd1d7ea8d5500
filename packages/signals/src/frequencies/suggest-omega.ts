import { assertOptions } from '@neural-fields/core/options';
import type { ArrayView } from '../arrays/array-view.ts';
import type { GridOptions } from '../grids/axis.ts';
import { signalFrequencies } from './signal-frequencies.ts';

/** The frequency factor for a signal, and what it follows from. */
export interface OmegaSuggestion {
  /** The frequency factor of a SIREN's first layer. */
  readonly omega0: number;
  /** The root mean square of the signal's angular frequencies, in radians per unit of the coordinates. */
  readonly rms: number;
  /** The highest angular frequency that its samples can hold. */
  readonly nyquist: number;
  /** Whether the signal's frequencies determine `omega0`, or the distance of its samples. */
  readonly limit: 'signal' | 'sampling';
  /** The share of `nyquist` that the first layer's frequencies have at most. */
  readonly share: number;
}

/**
 * The share of the highest frequency of the samples that the first layer's frequencies may have, as a root mean square.
 * The layers behind it generate sums of them: with more, the field oscillates between the samples. Chosen on twelve
 * pictures, sounds and volumes: docs/defaults.md.
 */
const SHARE_OF_NYQUIST = 0.12;

/** The frequency factor of a constant signal, for which any will do. */
const MIN_OMEGA = 1;

/**
 * The frequency factor omega0 of a SIREN for a signal: with it, the root mean square of the first layer's initial
 * frequencies is that of the signal, or 0.12 of the highest frequency that its samples can hold if that is less.
 *
 * The first layer has weights U(-1 / n, 1 / n) for n coordinates (Sitzmann et al. 2020, supplement, section 1.5), so
 * the root mean square of the lengths of its frequency vectors is omega0 / sqrt(3 n). The suggestion is about the
 * quality between the samples. At the samples, a higher factor is nearly always better, up to where the fit fails.
 *
 * @param signal `[...grid, channels]`: an image `[height, width, channels]`, a sound `[samples, channels]`, a volume;
 *   values of any scale
 * @param options the mapping from the grid to coordinates, as for the points of the fit
 * @throws RangeError when the signal is empty or has fewer than two samples, a value is NaN or infinite, or the spans
 *   do not fit
 */
export const suggestOmega = (signal: ArrayView, options: GridOptions = {}): OmegaSuggestion => {
  assertOptions('suggestOmega', options, { convention: 1, aspect: 1, spans: 1 });
  const { rms, nyquist } = signalFrequencies('suggestOmega', signal, options);
  const most = SHARE_OF_NYQUIST * nyquist;
  const axes = signal.shape.length - 1;
  return {
    omega0: Math.max(MIN_OMEGA, Math.sqrt(3 * axes) * Math.min(rms, most)),
    rms,
    nyquist,
    limit: rms <= most ? 'signal' : 'sampling',
    share: SHARE_OF_NYQUIST,
  };
};
