/**
 * @file Nested dissection of a grid: the middle line of a box separates it into two uncoupled halves. Each half is
 *   dissected recursively, and the separating line is eliminated after both. George 1973, "Nested dissection of a
 *   regular finite element mesh".
 *
 * A direct solve for n^2 points then takes O(n^3) operations and O(n^2 log n) memory, compared with n^4 and n^3 for a
 * banded solver.
 */

/** A group of unknowns that are eliminated together. */
export interface Front {
  /** The eliminated grid points, as row-major indices. */
  readonly pivots: Int32Array;
  /** The points that the pivots are coupled with when they are eliminated: those around the box. */
  readonly border: Int32Array;
  /** The number of child fronts, whose borders lie within this front. */
  readonly children: 0 | 2;
}

/** Rows [top, bottom) and columns [left, right). */
interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Boxes with at most this many points are not dissected: the overhead would exceed the savings. */
const MAX_LEAF_POINTS = 16;

/**
 * The fronts of a grid in elimination order: children come before their parent, which directly follows the second
 * child.
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
    const isLeaf = height * width <= MAX_LEAF_POINTS || Math.max(height, width) < 3;
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
