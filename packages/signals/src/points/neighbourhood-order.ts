/**
 * @file An order of the points of a grid in which runs of consecutive points are compact neighbourhoods. The grid is
 *   halved along its longest side, and so are its halves, until single points remain; the order is that of the leaves
 *   of this tree. Nothing is stored.
 */

/**
 * The row-major index of the point at a given position in this order.
 *
 * @param shape the numbers of points along each axis
 * @param place the position, from 0 to the number of points - 1
 * @returns in O(log size) time
 */
export const neighbourhoodIndex = (shape: readonly number[], place: number): number => {
  const lengths = [...shape];
  const corner = shape.map(() => 0);
  let size = lengths.reduce((product, length) => product * length, 1);
  let rest = place;
  while (size > 1) {
    let axis = 0;
    for (let each = 1; each < lengths.length; each++) if (lengths[each]! > lengths[axis]!) axis = each;
    const length = lengths[axis]!;
    const half = length >> 1;
    const lower = (size / length) * half;
    if (rest < lower) {
      lengths[axis] = half;
      size = lower;
    } else {
      rest -= lower;
      corner[axis]! += half;
      lengths[axis] = length - half;
      size -= lower;
    }
  }
  return corner.reduce((index, at, axis) => index * shape[axis]! + at, 0);
};
