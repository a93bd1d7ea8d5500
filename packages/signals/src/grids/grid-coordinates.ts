import { assertOptions } from '@neural-fields/core/options';
import { elementCount, formatShape } from '../arrays/array-view.ts';
import { axisCoordinate, type GridOptions, gridAxes } from './axis.ts';

/** A rectangular region of a grid, in indices. */
export interface GridRegion {
  /** The index of its first point, for each axis. */
  readonly start: readonly number[];
  /** Its number of points along each axis. */
  readonly size: readonly number[];
}

/** `GridOptions`, and the part of the grid to use. */
export interface RegionOptions extends GridOptions {
  /** Only these points, with their coordinates in the whole grid. Default: all. */
  readonly region?: GridRegion;
}

const checkedRegion = (caller: string, shape: readonly number[], region: GridRegion): GridRegion => {
  const fits = (length: number, axis: number): boolean => {
    const [start, size] = [region.start[axis], region.size[axis]];
    return Number.isInteger(start) && Number.isInteger(size) && start! >= 0 && size! >= 1 && start! + size! <= length;
  };
  if (region.start.length !== shape.length || region.size.length !== shape.length || !shape.every(fits))
    throw new RangeError(
      `${caller}: the region must lie in a grid of ${formatShape(shape)}, got start ${formatShape(region.start)}, size ${formatShape(region.size)}`,
    );
  return region;
};

/**
 * The coordinates of the points `start` ... `start + count - 1` of a grid in row-major order, without computing the
 * others.
 *
 * @param shape the grid's lengths, e.g. `[height, width]`
 * @param range indices within the region if one is given
 * @returns `f32[count, shape.length]`; the first column is the first axis (for an image: y, downwards; then x)
 * @throws RangeError when the shape, the spans, the region or the range is wrong
 */
export const gridCoordinatesRange = (
  shape: readonly number[],
  range: { readonly start: number; readonly count: number },
  options: RegionOptions = {},
): Float32Array<ArrayBuffer> => {
  assertOptions('gridCoordinatesRange', options, { region: 1, convention: 1, aspect: 1, spans: 1 });

  assertOptions('gridCoordinatesRange', range, { start: 1, count: 1 });

  const axes = gridAxes('gridCoordinates', shape, options);
  const { start, size } = options.region
    ? checkedRegion('gridCoordinates', shape, options.region)
    : { start: shape.map(() => 0), size: shape };
  const total = elementCount(size);
  const { start: first, count } = range;
  if (!(Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 0 && first + count <= total))
    throw new RangeError(`gridCoordinates: the range must lie in 0 ... ${total}, got start ${first}, count ${count}`);

  const dimensions = shape.length;
  const coords = new Float32Array(count * dimensions);
  const index = new Array<number>(dimensions);
  const current = new Array<number>(dimensions);
  const moveTo = (axis: number, i: number): void => {
    index[axis] = i;
    current[axis] = axisCoordinate(axes[axis]!, start[axis]! + i);
  };
  let rest = first;
  for (let axis = dimensions - 1; axis >= 0; axis--) {
    moveTo(axis, rest % size[axis]!);
    rest = Math.floor(rest / size[axis]!);
  }
  for (let point = 0; point < count; point++) {
    coords.set(current, point * dimensions);
    for (let axis = dimensions - 1; axis >= 0; axis--) {
      const next = index[axis]! + 1;
      if (next < size[axis]!) {
        moveTo(axis, next);
        break;
      }
      moveTo(axis, 0);
    }
  }
  return coords;
};

/**
 * The coordinates of all points of a grid, or of a region of it, in row-major order.
 *
 * With the default options this is `get_mgrid` of the SIREN authors' code (https://github.com/vsitzmann/siren), for any
 * number of dimensions and for sides of different lengths: y before x, each from -1 to 1 inclusive.
 *
 * @param shape the grid's lengths: `[n]` for audio, `[height, width]`, `[frames, height, width]`
 * @returns `f32[n, shape.length]`, n the number of points
 * @throws RangeError when the shape, the spans or the region is wrong
 */
export const gridCoordinates = (shape: readonly number[], options: RegionOptions = {}): Float32Array<ArrayBuffer> => {
  assertOptions('gridCoordinates', options, { region: 1, convention: 1, aspect: 1, spans: 1 });
  return gridCoordinatesRange(shape, { start: 0, count: elementCount(options.region?.size ?? shape) }, options);
};
