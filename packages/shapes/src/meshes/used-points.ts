/** The indices of the points that triangles use, in order; `count` is the number of all points. */
export const usedPoints = (count: number, triangles: Uint32Array): Uint32Array => {
  const used = new Uint8Array(count);
  for (const row of triangles) used[row] = 1;
  const rows = new Uint32Array(count);
  let kept = 0;
  for (let row = 0; row < count; row++) if (used[row] === 1) rows[kept++] = row;
  return rows.subarray(0, kept);
};
