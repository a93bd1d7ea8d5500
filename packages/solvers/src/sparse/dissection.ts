/**
 * @file Nested dissection of a grid: the line in the middle of a box parts it into two that know nothing of each other;
 *   each is dissected likewise, and lines are eliminated after what they part. George 1973, "Nested dissection of a
 *   regular finite element mesh".
 *
 * A direct solution of n^2 points then takes O(n^3) operations and O(n^2 log n) memory, in place of the n^4 and n^3 of
 * a banded one.
 */

/** Some unknowns that are eliminated together. */
export interface Front {
  /** What is eliminated: points of the grid, in row-major numbers. */
  readonly pivots: Int32Array;
  /** What they are still coupled with afterwards: the points around the box. */
  readonly border: Int32Array;
  /** How many of the fronts before it, whose borders are all within this one, it takes over: 0 or 2. */
  readonly children: 0 | 2;
}

/** Rows [top, bottom) and columns [left, right). */
interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Boxes of at most so many points are eliminated whole: smaller ones cost more in overhead than they save. */
const LARGEST_LEAF = 16;

/**
 * The fronts of a grid in the order of elimination: children before their parent, which follows the second of them at
 * once.
 */
export const dissect = (rows: number, columns: number): Front[] => {
  const fronts: Front[] = [];
  const pointsOf = ({ top, bottom, left, right }: Box): number[] => {
    const points: number[] = [];
    for (let row = Math.max(top, 0); row < Math.min(bottom, rows); row++)
      for (let column = Math.max(left, 0); column < Math.min(right, columns); column++)
        points.push(row * columns + column);
    return points;
  };
  const around = (box: Box): Int32Array =>
    Int32Array.from([
      ...pointsOf({ ...box, top: box.top - 1, bottom: box.top }),
      ...pointsOf({ ...box, top: box.bottom, bottom: box.bottom + 1 }),
      ...pointsOf({ ...box, left: box.left - 1, right: box.left }),
      ...pointsOf({ ...box, left: box.right, right: box.right + 1 }),
    ]);
  const visit = (box: Box): void => {
    const [height, width] = [box.bottom - box.top, box.right - box.left];
    const isLeaf = height * width <= LARGEST_LEAF || Math.max(height, width) < 3;
    if (isLeaf) {
      fronts.push({ pivots: Int32Array.from(pointsOf(box)), border: around(box), children: 0 });
      return;
    }
    const [near, far] = height >= width ? (['top', 'bottom'] as const) : (['left', 'right'] as const);
    const middle = (box[near] + box[far]) >> 1;
    visit({ ...box, [far]: middle });
    visit({ ...box, [near]: middle + 1 });
    const line = { ...box, [near]: middle, [far]: middle + 1 };
    fronts.push({ pivots: Int32Array.from(pointsOf(line)), border: around(box), children: 2 });
  };
  visit({ top: 0, bottom: rows, left: 0, right: columns });
  return fronts;
};
