/** An interval of one coordinate. */
export type Interval = readonly [low: number, high: number];

/** An axis-aligned box: the intervals of x, y and z. */
export type Bounds = readonly [x: Interval, y: Interval, z: Interval];

/** The box of normalised shapes: [-1, 1]^3. */
export const UNIT_BOUNDS: Bounds = [
  [-1, 1],
  [-1, 1],
  [-1, 1],
];

/** A regular grid of cells in a box. The x index of its points varies fastest. */
export interface Grid {
  readonly box: Bounds;
  /** The number of cells along each axis; there is one more point. */
  readonly cells: readonly [x: number, y: number, z: number];
  /** The size of a cell along each axis. */
  readonly step: readonly [x: number, y: number, z: number];
  /** The number of points in one layer along z. */
  readonly layer: number;
}

/** @throws RangeError when an interval is not [low, high] with low < high */
export const assertBounds = (caller: string, box: Bounds): void => {
  if (box.length !== 3 || !box.every(([low, high]) => Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError(
      `${caller}: box must be [low, high] with low < high for each of three axes, got ${JSON.stringify(box)}`,
    );
};

/**
 * @param resolution the number of cells along each axis, or one number for all axes
 * @throws RangeError when the box or the resolution is invalid
 */
export const createGrid = (
  caller: string,
  box: Bounds,
  resolution: number | readonly [number, number, number],
): Grid => {
  assertBounds(caller, box);
  const cells = typeof resolution === 'number' ? ([resolution, resolution, resolution] as const) : resolution;
  if (cells.length !== 3 || !cells.every(count => Number.isSafeInteger(count) && count >= 1 && count <= 4096))
    throw new RangeError(
      `${caller}: resolution must be from 1 to 4096 cells, or three such numbers, got ${String(resolution)}`,
    );
  const step = (axis: 0 | 1 | 2): number => (box[axis][1] - box[axis][0]) / cells[axis];
  return { box, cells, step: [step(0), step(1), step(2)], layer: (cells[0] + 1) * (cells[1] + 1) };
};

/** The coordinate of grid line `i` along an axis; the last one is exactly the end of the box. */
export const gridLine = ({ box, cells, step }: Grid, axis: 0 | 1 | 2, i: number): number =>
  i === cells[axis] ? box[axis][1] : box[axis][0] + i * step[axis];
