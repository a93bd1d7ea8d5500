/** @file A sampled signal: its arrays, their scale, and their grid. */
import { type ArrayView, elementCount, formatShape, rowMajorStrides } from '../arrays/array-view.ts';
import { assertFinite } from '../arrays/assert-finite.ts';
import { type Axis, type GridOptions, gridAxes, type Span } from '../grids/axis.ts';

/** The mapping from a signal's values to targets. */
export interface ValueOptions {
  /**
   * The stored values that are mapped to the ends of `range`. Default for floating-point arrays: [0, 1]. Integer arrays
   * have no default: an 8-bit video has [0, 255].
   */
  readonly valueScale?: Span;
  /** The values that `valueScale` is mapped to, linearly. Default: [-1, 1], as in the SIREN authors' code. */
  readonly range?: Span;
  /** Additional targets on the same grid, by name, e.g. `gradient` or `weight`: `[...grid, k]` each, used unscaled. */
  readonly targets?: Readonly<Record<string, ArrayView>>;
}

/** One target: the layout of its values, and their scale. */
export interface SignalTarget {
  readonly name: string;
  readonly data: ArrayLike<number>;
  readonly offset: number;
  /** One for each axis of the grid. */
  readonly stride: readonly number[];
  readonly channels: number;
  readonly channelStride: number;
  readonly factor: number;
  readonly shift: number;
}

/** A signal on a grid. */
export interface Signal {
  readonly shape: readonly number[];
  readonly axes: readonly Axis[];
  readonly size: number;
  readonly targets: readonly SignalTarget[];
}

const isFloating = (data: ArrayLike<number>): boolean =>
  data instanceof Float32Array || data instanceof Float64Array || Array.isArray(data);

const scaleOf = (caller: string, data: ArrayLike<number>, { valueScale, range = [-1, 1] }: ValueOptions) => {
  const scale = valueScale ?? (isFloating(data) ? ([0, 1] as const) : undefined);
  if (!scale)
    throw new TypeError(
      `${caller}: an array of integers needs a valueScale, e.g. [0, 255]; got ${data.constructor.name} without one`,
    );
  for (const [name, [low, high]] of [['valueScale', scale] as const, ['range', range] as const])
    if (!(Number.isFinite(low) && Number.isFinite(high) && low !== high))
      throw new RangeError(`${caller}: ${name} must be two different numbers, got [${low}, ${high}]`);
  const factor = (range[1] - range[0]) / (scale[1] - scale[0]);
  return { factor, shift: range[0] - scale[0] * factor };
};

const targetOf = (name: string, array: ArrayView, scale = { factor: 1, shift: 0 }): SignalTarget => {
  const { data, shape, stride = rowMajorStrides(shape), offset = 0 } = array;
  const channelAxis = shape.length - 1;
  const channels = shape[channelAxis] as number;
  return {
    name,
    data,
    offset,
    stride: stride.slice(0, -1),
    channels,
    channelStride: stride[channelAxis] as number,
    ...scale,
  };
};

/**
 * Reads an array `[...grid, channels]` as a signal.
 *
 * @throws RangeError when the array is empty, a value is NaN or infinite, or an additional target has another grid
 * @throws TypeError when an integer array has no value scale
 */
export const createSignal = (caller: string, values: ArrayView, options: ValueOptions & GridOptions): Signal => {
  const shape = values.shape.slice(0, -1);
  if (values.shape.length < 2 || elementCount(values.shape) === 0)
    throw new RangeError(
      `${caller}: the signal must be [...grid, channels] and not empty, got ${formatShape(values.shape)}`,
    );
  const further = Object.entries(options.targets ?? {}).map(([name, array]) => {
    if (name === 'value')
      throw new RangeError(
        `${caller}: an additional target must not be named value, which is the name of the signal's own target`,
      );
    if (
      array.shape.length !== shape.length + 1 ||
      shape.some((length, axis) => array.shape[axis] !== length) ||
      !array.shape.at(-1)
    )
      throw new RangeError(
        `${caller}: target ${name} must be [${shape.join(', ')}, k], got ${formatShape(array.shape)}`,
      );
    assertFinite(caller, `the values of target ${name}`, array);
    return targetOf(name, array);
  });
  assertFinite(caller, 'the values', values);
  const value = targetOf('value', values, scaleOf(caller, values.data, options));
  return { shape, axes: gridAxes(caller, shape, options), size: elementCount(shape), targets: [value, ...further] };
};
