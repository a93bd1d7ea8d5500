/**
 * @file The quality of a field between the samples, on any grid. It needs a finer signal than the one that is fitted:
 *   the field is fitted to that signal at half its resolution, drawn at the full resolution, and compared with it
 *   there. An interpolation of the same fitted samples is the baseline. Neither has access to the finer signal, and
 *   both lack the detail that the coarser grid cannot hold, so the PSNR is that of a plausible guess and far lower than
 *   at the samples.
 */
import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, assertSameShape, copyElements, elementCount, formatShape } from '../arrays/array-view.ts';
import { assertFinite } from '../arrays/assert-finite.ts';
import { type DenseArray, denseArray } from '../arrays/dense-array.ts';
import { axisCoordinate, axisStep, type GridOptions, gridAxes } from '../grids/axis.ts';
import { type ResampleKernel, resampleAxis } from '../grids/resample.ts';
import { psnr } from './psnr.ts';

/** The factor between the resolutions, along each axis. */
const FACTOR = 2;

/** What the samples of a signal represent. */
export interface BetweenOptions {
  /**
   * `area` (default), for images, videos and volumes: a sample is the mean over its cell, and the interpolation is
   * bicubic (Keys 1981, a = -1/2, along each axis). `band-limited`, for sound: samples are those of the band-limited
   * signal, and so is the interpolation, by a windowed sinc.
   */
  readonly filter?: 'area' | 'band-limited';
}

const KERNELS: Readonly<
  Record<'area' | 'band-limited', { readonly halve: ResampleKernel; readonly double: ResampleKernel }>
> = {
  area: { halve: 'area', double: 'bicubic' },
  'band-limited': { halve: 'sinc', double: 'sinc' },
};

const kernelsOf = (caller: string, filter: 'area' | 'band-limited') => {
  const kernels = KERNELS[filter];
  if (kernels === undefined)
    throw new RangeError(`${caller}: filter must be one of ${Object.keys(KERNELS).join(', ')}, got ${String(filter)}`);
  return kernels;
};

const resample = (values: ArrayView, kernel: ResampleKernel, lengthOf: (length: number) => number): DenseArray => {
  const shape = [...values.shape];
  let data: Float64Array = copyElements(values, new Float64Array(elementCount(shape)));
  for (let axis = 0; axis < shape.length - 1; axis++) {
    const to = lengthOf(shape[axis] as number);
    data = resampleAxis(data, { shape, axis, to, kernel });
    shape[axis] = to;
  }
  return denseArray(Float32Array.from(data), shape);
};

/**
 * A signal at half its resolution along each axis, to which a field is fitted in order to measure its quality between
 * the samples.
 *
 * @param fine `[...grid, channels]`, with an even number of samples along each axis
 * @returns `f32[...grid / 2, channels]`, pixel-centred: sample i lies halfway between the samples 2i and 2i + 1
 * @throws RangeError when the shape is empty or odd, a value is not finite, or the filter is unknown
 */
export const halveResolution = (fine: ArrayView, options: BetweenOptions = {}): DenseArray => {
  assertOptions('halveResolution', options, { filter: 1 });
  const { halve } = kernelsOf('halveResolution', options.filter ?? 'area');
  const grid = fine.shape.slice(0, -1);
  if (grid.length === 0 || elementCount(fine.shape) === 0 || grid.some(length => length % FACTOR !== 0))
    throw new RangeError(
      `halveResolution: fine must be [...grid, channels] of even lengths, got ${formatShape(fine.shape)}`,
    );
  assertFinite('halveResolution', 'the values', fine);
  return resample(fine, halve, length => length / FACTOR);
};

/**
 * The coordinates of the finer signal's samples in the coordinates of the fitted grid: with either convention a quarter
 * of a step to each side of its samples. On a corner-aligned grid the outermost ones lie that far outside its span.
 *
 * @param shape of the fitted grid, without channels
 * @param grid the options that the field was fitted with
 * @returns `f32[n, d]` for the `n` points of the grid with twice as many samples along each axis, row-major
 * @throws RangeError as `gridCoordinates`
 */
export const finerCoordinates = (shape: readonly number[], grid: GridOptions = {}): Float32Array => {
  assertOptions('finerCoordinates', grid, { convention: 1, aspect: 1, spans: 1 });
  const axes = gridAxes('finerCoordinates', shape, grid).map(axis =>
    Float64Array.from(
      { length: FACTOR * axis.length },
      (_, i) => axisCoordinate(axis, Math.floor(i / FACTOR)) + (((i % FACTOR) + 0.5) / FACTOR - 0.5) * axisStep(axis),
    ),
  );
  const [dimensions, count] = [shape.length, elementCount(shape) * FACTOR ** shape.length];
  const coords = new Float32Array(count * dimensions);
  for (let point = 0; point < count; point++) {
    let rest = point;
    for (let axis = dimensions - 1; axis >= 0; axis--) {
      const along = axes[axis]!;
      coords[point * dimensions + axis] = along[rest % along.length]!;
      rest = Math.floor(rest / along.length);
    }
  }
  return coords;
};

/** The options of {@link qualityBetween}. */
export interface QualityBetweenOptions extends BetweenOptions {
  /** The same as for `psnr`. */
  readonly dataRange?: number;
}

/** PSNRs against the finer signal, in decibels. */
export interface QualityBetween {
  readonly field: number;
  /** The PSNR of the interpolation of the samples that the field was fitted to. */
  readonly interpolation: number;
}

/**
 * The quality of a field between the samples that it was fitted to, and that of an interpolation of these samples.
 *
 * @param fine `[...grid, channels]`; the field was fitted to `halveResolution(fine)`
 * @param drawn the field at `finerCoordinates`, of the same shape and scale
 * @throws RangeError when the shapes differ, and as `halveResolution` and `psnr`
 */
export const qualityBetween = (
  fine: ArrayView,
  drawn: ArrayView,
  { filter = 'area', dataRange, ...rest }: QualityBetweenOptions = {},
): QualityBetween => {
  assertOptions('qualityBetween', { ...rest }, { filter: 1, dataRange: 1 });
  assertSameShape('qualityBetween', fine, drawn);
  const { double } = kernelsOf('qualityBetween', filter);
  const interpolated = resample(halveResolution(fine, { filter }), double, length => FACTOR * length);
  const options = dataRange === undefined ? {} : { dataRange };
  return { field: psnr(fine, drawn, options), interpolation: psnr(fine, interpolated, options) };
};
