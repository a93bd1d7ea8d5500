/** A span of one coordinate. */
export type Span = readonly [low: number, high: number];

/** A box in space: the spans of x, y and z. */
export type Box = readonly [x: Span, y: Span, z: Span];

/** The box that shapes are put into: [-1, 1]^3. */
export const UNIT_BOX: Box = [
  [-1, 1],
  [-1, 1],
  [-1, 1],
];

/** A regular grid of cells in a box. Its points are numbered x first. */
export interface Grid {
  readonly box: Box;
  /** Cells along each axis; there is one point more. */
  readonly cells: readonly [x: number, y: number, z: number];
  /** The side of a cell along each axis. */
  readonly step: readonly [x: number, y: number, z: number];
  /** The points of one layer in z. */
  readonly layer: number;
}

/**
 * @throws RangeError when a span is not [low, high] with low < high
 */
export const assertBox = (caller: string, box: Box): void => {
  if (box.length !== 3 || !box.every(([low, high]) => Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError(
      `${caller}: box must be [low, high] with low < high for each of three axes, got ${JSON.stringify(box)}`,
    );
};

/**
 * @param resolution the number of cells along each axis, or along all
 * @throws RangeError when the box or the resolution is wrong
 */
export const createGrid = (caller: string, box: Box, resolution: number | readonly [number, number, number]): Grid => {
  assertBox(caller, box);
  const cells = typeof resolution === 'number' ? ([resolution, resolution, resolution] as const) : resolution;
  if (cells.length !== 3 || !cells.every(count => Number.isSafeInteger(count) && count >= 1 && count <= 4096))
    throw new RangeError(
      `${caller}: resolution must be from 1 to 4096 cells, or three such numbers, got ${String(resolution)}`,
    );
  const step = (axis: 0 | 1 | 2): number => (box[axis][1] - box[axis][0]) / cells[axis];
  return { box, cells, step: [step(0), step(1), step(2)], layer: (cells[0] + 1) * (cells[1] + 1) };
};

/** The coordinate of grid line `i` along an axis; the last is exactly the box's end. */
export const gridLine = ({ box, cells, step }: Grid, axis: 0 | 1 | 2, i: number): number =>
  i === cells[axis] ? box[axis][1] : box[axis][0] + i * step[axis];
