/** @file How high the frequencies of a signal are, measured by the differences of neighbouring samples. */
import { type ArrayView, eachRun, elementCount, formatShape, rowMajorStrides } from '../arrays/array-view.ts';
import { assertFinite } from '../arrays/assert-finite.ts';
import { axisStep, type GridOptions, gridAxes } from '../grids/axis.ts';

/** Angular frequencies in radians per unit of the coordinates. */
export interface SignalFrequencies {
  /**
   * The root mean square of the frequency vectors' lengths, weighted by power: the norm of the gradient over that of
   * the signal without its mean, which is the same by Parseval's theorem. 0 for a constant signal.
   */
  readonly rms: number;
  /** The highest frequency that the samples can hold, pi over their distance; the root mean square over the axes. */
  readonly nyquist: number;
}

type Strided = Required<ArrayView>;

const strided = ({ data, shape, stride = rowMajorStrides(shape), offset = 0 }: ArrayView): Strided => {
  return { data, shape, stride, offset };
};

/** The mean squared difference of neighbours along an axis. */
const meanSquaredStep = (signal: Strided, axis: number): number => {
  const { data, stride } = signal;
  const shape = signal.shape.map((length, each) => (each === axis ? length - 1 : length));
  const next = stride[axis] as number;
  let sum = 0;
  eachRun({ ...signal, shape }, ({ from, step, length }) => {
    for (let i = 0, at = from; i < length; i++, at += step) {
      const difference = (data[at + next] as number) - (data[at] as number);
      sum += difference * difference;
    }
  });
  return sum / elementCount(shape);
};

/** The variance of a channel. */
const variance = ({ data, shape, stride, offset }: Strided, channel: number): number => {
  const start = offset + channel * (stride.at(-1) as number);
  // Values relative to one of them, so that a large mean takes no digits.
  const origin = data[start] as number;
  const view = { data, shape: shape.slice(0, -1), stride: stride.slice(0, -1), offset: start };
  let [sum, squares] = [0, 0];
  eachRun(view, ({ from, step, length }) => {
    for (let i = 0, at = from; i < length; i++, at += step) {
      const value = (data[at] as number) - origin;
      sum += value;
      squares += value * value;
    }
  });
  const count = elementCount(view.shape);
  return squares / count - (sum / count) ** 2;
};

/**
 * The frequencies of a signal `[...grid, channels]`, of all channels together.
 *
 * @throws RangeError when the signal is empty or has fewer than two samples, a value is NaN or infinite, or the spans
 *   do not fit
 */
export const signalFrequencies = (caller: string, values: ArrayView, options: GridOptions): SignalFrequencies => {
  const grid = values.shape.slice(0, -1);
  const channels = values.shape.at(-1) ?? 0;
  if (values.shape.length < 2 || channels === 0 || elementCount(grid) < 2)
    throw new RangeError(
      `${caller}: the signal must be [...grid, channels] with at least two samples, got ${formatShape(values.shape)}`,
    );
  assertFinite(caller, 'the values', values);
  const signal = strided(values);
  const power = Array.from({ length: channels }, (_, c) => variance(signal, c)).reduce((a, b) => a + b) / channels;
  const axes = gridAxes(caller, grid, options).map(axis => ({ ...axis, step: axisStep(axis) }));
  const several = axes.filter(({ length }) => length > 1);
  const gradient = axes.reduce(
    (sum, { length, step }, axis) => (length === 1 ? sum : sum + meanSquaredStep(signal, axis) / step ** 2),
    0,
  );
  const limits = several.reduce((sum, { step }) => sum + (Math.PI / step) ** 2, 0);
  return { rms: power > 0 ? Math.sqrt(gradient / power) : 0, nyquist: Math.sqrt(limits / several.length) };
};
