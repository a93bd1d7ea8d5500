/** @file Amplitude spectra of sampled signals. */
import { assertOptions } from '../options.ts';
import { type ComplexArray, fft } from './fft.ts';
import { rectangularWindow, type Window } from './window.ts';

/** Samples on a regular grid. An `ndarray` is one, whatever its strides. */
export interface SampledSignal {
  readonly data: ArrayLike<number>;
  /** The number of samples along each axis. All axes are coordinates: pass a colour image one channel at a time. */
  readonly shape: readonly number[];
  /** The strides in `data`; row-major if absent. */
  readonly stride?: readonly number[];
  /** The index of the first sample in `data`; 0 if absent. */
  readonly offset?: number;
}

/** The options of {@link amplitudeSpectrum}. */
export interface AmplitudeSpectrumOptions {
  /**
   * The distance between neighbouring samples in units of the coordinate, for all axes or per axis. 1 if absent:
   * frequencies are then in cycles per sample. N samples from -1 to 1 with both ends are 2 / (N - 1) apart.
   */
  readonly spacing?: number | readonly number[];
  /** {@link rectangularWindow} if absent. */
  readonly window?: Window;
}

/** A spectrum with the frequency 0 in the middle: at index floor(N / 2) of each axis. */
export interface AmplitudeSpectrum {
  /** Row-major, in the shape of the signal. */
  readonly amplitudes: Float64Array;
  readonly shape: readonly number[];
  /**
   * The frequencies along each axis, ascending, in cycles per unit of the coordinate; multiplied by 2 pi they are
   * angular frequencies, like SIREN's omega.
   */
  readonly frequencies: readonly Float64Array[];
}

/** The samples in row-major order. */
const readSamples = ({ data, shape, stride, offset = 0 }: SampledSignal): Float64Array => {
  const size = shape.reduce((product, length) => product * length, 1);
  const strides =
    stride ?? shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const index = shape.map(() => 0);
  return Float64Array.from({ length: size }, () => {
    const place = strides.reduce((sum, step, axis) => sum + step * (index[axis] as number), offset);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      index[axis] = next < (shape[axis] as number) ? next : 0;
      if (index[axis] !== 0) break;
    }
    const value = data[place];
    if (value === undefined || !Number.isFinite(value))
      throw new RangeError(`amplitudeSpectrum: the signal must have finite values, got ${value} at index ${place}`);
    return value;
  });
};

/** Multiplies by the window along every axis, and returns the sum of its weights. */
const applyWindow = (values: Float64Array, shape: readonly number[], window: Window): number => {
  let total = 1;
  let stride = values.length;
  for (const length of shape) {
    stride /= length;
    const factors = Float64Array.from({ length }, (_, i) => window(i, length));
    total *= factors.reduce((sum, factor) => sum + factor, 0);
    for (let i = 0; i < values.length; i++)
      values[i] = (values[i] as number) * (factors[Math.floor(i / stride) % length] as number);
  }
  return total;
};

/** The absolute values, with the frequency 0 shifted from index 0 to floor(N / 2) of each axis. */
const centredMagnitudes = (
  { real, imaginary }: ComplexArray,
  shape: readonly number[],
  scale: number,
): Float64Array => {
  const result = new Float64Array(real.length);
  for (let i = 0; i < real.length; i++) {
    let target = 0;
    let stride = real.length;
    for (const length of shape) {
      stride /= length;
      target += ((Math.floor(i / stride) + Math.floor(length / 2)) % length) * stride;
    }
    result[target] = scale * Math.hypot(real[i] as number, imaginary[i] as number);
  }
  return result;
};

/**
 * The amplitude spectrum abs(X_k) / sum_n w_n of a signal with window w, where X is the discrete Fourier transform of w
 * x, at the frequencies k / (N spacing) for k = -floor(N / 2) ... ceil(N / 2) - 1 along each axis.
 *
 * A constant c has the amplitude abs(c) at 0; a cos(2 pi f x) has abs(a) / 2 at f and at -f, if f is one of the
 * frequencies.
 *
 * @throws RangeError when the shape is empty or does not fit the data, a value is not finite, a spacing is not
 *   positive, or the window's weights sum to 0
 */
export const amplitudeSpectrum = (signal: SampledSignal, options: AmplitudeSpectrumOptions = {}): AmplitudeSpectrum => {
  assertOptions('amplitudeSpectrum', options, { spacing: 1, window: 1 });
  const { spacing = 1, window = rectangularWindow } = options;

  const { shape } = signal;
  const spacings = typeof spacing === 'number' ? shape.map(() => spacing) : spacing;
  if (shape.length === 0 || !shape.every(length => Number.isInteger(length) && length >= 1))
    throw new RangeError(`amplitudeSpectrum: shape must be a list of positive integers, got [${shape.join(', ')}]`);
  if (spacings.length !== shape.length || !spacings.every(step => Number.isFinite(step) && step > 0))
    throw new RangeError(
      `amplitudeSpectrum: spacing must be a positive number for each of ${shape.length} axes, got [${spacings.join(', ')}]`,
    );
  const real = readSamples(signal);
  const total = applyWindow(real, shape, window);
  if (!(Math.abs(total) > 0))
    throw new RangeError(`amplitudeSpectrum: the window's weights must not sum to 0 over [${shape.join(', ')}]`);
  const spectrum = fft({ real, imaginary: new Float64Array(real.length) }, shape);
  return {
    amplitudes: centredMagnitudes(spectrum, shape, 1 / Math.abs(total)),
    shape,
    frequencies: shape.map((length, axis) =>
      Float64Array.from({ length }, (_, i) => (i - Math.floor(length / 2)) / (length * (spacings[axis] as number))),
    ),
  };
};
