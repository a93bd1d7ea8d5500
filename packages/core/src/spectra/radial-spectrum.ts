import { assertPositive } from '../assert-number.ts';
import { assertOptions } from '../options.ts';
import type { AmplitudeSpectrum } from './amplitude-spectrum.ts';

/** A radially averaged spectrum. */
export interface RadialSpectrum {
  /** The middle of each ring, in cycles per unit of the coordinate: 0, w, 2 w, ... for the ring width w. */
  readonly frequencies: Float64Array;
  /** The mean amplitude in each ring; NaN for an empty ring. */
  readonly amplitudes: Float64Array;
}

/** The options of {@link radialSpectrum}. */
export interface RadialSpectrumOptions {
  /**
   * The width of a ring in cycles per unit of the coordinate. If absent, the largest frequency step of an axis, so that
   * no ring is empty.
   */
  readonly ringWidth?: number;
}

/**
 * The mean amplitude per ring of frequencies f: ring r holds those with (r - 1/2) w <= abs(f) < (r + 1/2) w.
 *
 * The middle of the last ring is at most the smallest Nyquist frequency of the axes: rings beyond it would only cover
 * corners of the spectrum. With one axis this is the mean of the amplitudes at f and -f.
 *
 * @throws RangeError when the ring width is not positive
 */
export const radialSpectrum = (spectrum: AmplitudeSpectrum, options: RadialSpectrumOptions = {}): RadialSpectrum => {
  assertOptions('radialSpectrum', options, { ringWidth: 1 });
  const { amplitudes, shape, frequencies } = spectrum;
  const lengthy = frequencies.filter(axis => axis.length > 1); // an axis of one sample has the frequency 0 alone
  const nyquist = lengthy.map(axis => -(axis[0] as number));
  const widest = Math.max(0, ...lengthy.map((axis, i) => (nyquist[i] as number) / Math.floor(axis.length / 2)));
  const { ringWidth = widest || 1 } = options;
  assertPositive('radialSpectrum: ringWidth', ringWidth);
  const ringOf = (radius: number): number => Math.floor(radius / ringWidth + 0.5);
  // The tolerance keeps the last ring where the quotient is an integer up to rounding.
  const rings = lengthy.length === 0 ? 1 : Math.floor((Math.min(...nyquist) / ringWidth) * (1 + 1e-9)) + 1;
  const sums = new Float64Array(rings);
  const counts = new Float64Array(rings);
  for (let i = 0; i < amplitudes.length; i++) {
    let stride = amplitudes.length;
    let squares = 0;
    for (const [axis, length] of shape.entries()) {
      stride /= length;
      squares += ((frequencies[axis] as Float64Array)[Math.floor(i / stride) % length] as number) ** 2;
    }
    const ring = ringOf(Math.sqrt(squares));
    if (ring >= rings) continue;
    sums[ring] = (sums[ring] as number) + (amplitudes[i] as number);
    counts[ring] = (counts[ring] as number) + 1;
  }
  return {
    frequencies: Float64Array.from({ length: rings }, (_, ring) => ring * ringWidth),
    amplitudes: sums.map((sum, ring) => sum / (counts[ring] as number)),
  };
};
