/**
 * @file PNG's row filters: W3C, Portable Network Graphics (third edition), section 9,
 *   https://www.w3.org/TR/png-3/#9Filters. A filter replaces a byte by its difference from a prediction made from its
 *   neighbours; each row uses the one of the five filters with the smallest sum of absolute differences (section 12.7).
 */

const average = (left: number, above: number): number => (left + above) >> 1;

const paeth = (left: number, above: number, corner: number): number => {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
};

/** Makes a filter for rows of `rowBytes` bytes, `pixelBytes` per pixel, that stores the previous row. */
export const createRowFilter = (
  rowBytes: number,
  pixelBytes: number,
): ((row: Uint8Array, target: Uint8Array) => void) => {
  // Both rows begin with a pixel of zeros, for the pixels left of the image.
  const previous = new Uint8Array(rowBytes + pixelBytes);
  const current = new Uint8Array(rowBytes + pixelBytes);
  const candidates = Array.from({ length: 5 }, () => new Uint8Array(rowBytes));
  const [none, sub, up, mean, best] = candidates as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const magnitude = (byte: number): number => (byte < 128 ? byte : 256 - byte);
  return (row, target) => {
    current.set(row, pixelBytes);
    let [s0, s1, s2, s3, s4] = [0, 0, 0, 0, 0];
    for (let i = 0; i < rowBytes; i++) {
      const value = current[i + pixelBytes]!;
      const left = current[i]!;
      const above = previous[i + pixelBytes]!;
      const corner = previous[i]!;
      none[i] = value;
      sub[i] = value - left;
      up[i] = value - above;
      mean[i] = value - average(left, above);
      best[i] = value - paeth(left, above, corner);
      s0 += magnitude(value);
      s1 += magnitude(sub[i]!);
      s2 += magnitude(up[i]!);
      s3 += magnitude(mean[i]!);
      s4 += magnitude(best[i]!);
    }
    const sums = [s0, s1, s2, s3, s4];
    const type = sums.indexOf(Math.min(...sums));
    target[0] = type;
    target.set(candidates[type]!, 1);
    previous.set(current);
  };
};
