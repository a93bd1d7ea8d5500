import { assertOneOf } from '@neural-fields/core/options';
import { formatShape } from '../arrays/array-view.ts';

const conventions = ['corner-aligned', 'pixel-centred'] as const;
const aspects = ['stretch', 'keep'] as const;

/**
 * The positions of grid points. `corner-aligned`: the first and the last point lie at the ends of the span, as in the
 * SIREN authors' code and with `align_corners=True` elsewhere. `pixel-centred`: the span is divided into equal pixels,
 * with a point at the centre of each.
 */
export type GridConvention = (typeof conventions)[number];

/** The lower and upper end of an axis. */
export type Span = readonly [low: number, high: number];

/** The mapping from grid indices to coordinates. */
export interface GridOptions {
  /** Default: `corner-aligned`. */
  readonly convention?: GridConvention;
  /**
   * `stretch` (default): every axis spans [-1, 1]. `keep`: the longest axis spans [-1, 1] and the others span
   * proportionally less, centred on 0, so that the spacing is the same on every axis.
   */
  readonly aspect?: (typeof aspects)[number];
  /** The span of each axis, instead of `aspect`. */
  readonly spans?: readonly Span[];
}

/** One axis of a grid. */
export interface Axis {
  readonly length: number;
  readonly low: number;
  readonly high: number;
  readonly convention: GridConvention;
}

/** The coordinate of index `index`. A corner-aligned axis of length 1 has its point at the middle of the span. */
export const axisCoordinate = ({ length, low, high, convention }: Axis, index: number): number => {
  if (length === 1) return (low + high) / 2;
  return low + (high - low) * (convention === 'corner-aligned' ? index / (length - 1) : (index + 0.5) / length);
};

/** The inverse of `axisCoordinate`: the fractional index of a coordinate, clamped to the grid's points. */
export const axisPosition = ({ length, low, high, convention }: Axis, coordinate: number): number => {
  if (length === 1 || high === low) return 0;
  const part = (coordinate - low) / (high - low);
  const position = convention === 'corner-aligned' ? part * (length - 1) : part * length - 0.5;
  return Math.min(length - 1, Math.max(0, position));
};

/** The grid spacing, in coordinates; 0 for a corner-aligned axis of length 1. */
export const axisStep = ({ length, low, high, convention }: Axis): number =>
  convention === 'pixel-centred' ? (high - low) / length : length === 1 ? 0 : (high - low) / (length - 1);

/**
 * The axes of a grid.
 *
 * @throws RangeError when a length is not a positive integer, a name is unknown, or the spans do not fit the shape
 */
export const gridAxes = (caller: string, shape: readonly number[], options: GridOptions = {}): Axis[] => {
  const { convention = 'corner-aligned', aspect = 'stretch', spans } = options;
  assertOneOf(`${caller}: convention`, convention, conventions);
  assertOneOf(`${caller}: aspect`, aspect, aspects);
  if (shape.length === 0 || !shape.every(length => Number.isSafeInteger(length) && length >= 1))
    throw new RangeError(`${caller}: a grid's shape must be one or more positive integers, got ${formatShape(shape)}`);
  if (spans && spans.length !== shape.length)
    throw new RangeError(`${caller}: spans must be one for each of the ${shape.length} axes, got ${spans.length}`);
  if (spans?.some(([low, high]) => !(Number.isFinite(low) && Number.isFinite(high) && low < high)))
    throw new RangeError(`${caller}: each span must be [low, high] with low < high, got ${JSON.stringify(spans)}`);
  const extents = shape.map(length => (convention === 'corner-aligned' ? length - 1 : length));
  const longest = Math.max(...extents);
  return shape.map((length, axis) => {
    const half = aspect === 'stretch' || longest === 0 ? 1 : (extents[axis] as number) / longest;
    const [low, high] = spans?.[axis] ?? [-half, half];
    return { length, low, high, convention };
  });
};
