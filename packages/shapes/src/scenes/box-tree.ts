/** @file A bounding volume hierarchy of axis-aligned boxes, for the boxes around a point. */

/** A box: its lower and upper corner. */
export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

interface Node extends Box {
  /** Of a leaf. */
  readonly items?: readonly number[];
  readonly children?: readonly [Node, Node];
}

const LEAF_SIZE = 4;

const around = (boxes: readonly Box[]): Box => ({
  low: [0, 1, 2].map(axis => Math.min(...boxes.map(({ low }) => low[axis] as number))),
  high: [0, 1, 2].map(axis => Math.max(...boxes.map(({ high }) => high[axis] as number))),
});

const contains = ({ low, high }: Box, point: readonly number[]): boolean =>
  point.every((value, axis) => value >= (low[axis] as number) && value <= (high[axis] as number));

/** Halves the boxes at the median of their centres along the longest axis. */
const build = (boxes: readonly Box[], items: readonly number[]): Node => {
  const own = around(items.map(item => boxes[item] as Box));
  if (items.length <= LEAF_SIZE) return { ...own, items };
  const extents = own.high.map((value, axis) => value - (own.low[axis] as number));
  const axis = extents.indexOf(Math.max(...extents));
  const centre = (item: number): number => {
    const { low, high } = boxes[item] as Box;
    return (low[axis] as number) + (high[axis] as number);
  };
  const sorted = [...items].sort((a, b) => centre(a) - centre(b) || a - b);
  const half = sorted.length >> 1;
  return { ...own, children: [build(boxes, sorted.slice(0, half)), build(boxes, sorted.slice(half))] };
};

/** The indices of the boxes that contain a point of space, in increasing order. */
export const createBoxTree = (boxes: readonly Box[]): ((point: readonly number[]) => number[]) => {
  const root = build(
    boxes,
    boxes.map((_, index) => index),
  );
  return point => {
    const found: number[] = [];
    const visit = (node: Node): void => {
      if (!contains(node, point)) return;
      for (const item of node.items ?? []) if (contains(boxes[item] as Box, point)) found.push(item);
      for (const child of node.children ?? []) visit(child);
    };
    visit(root);
    return found.sort((a, b) => a - b);
  };
};
