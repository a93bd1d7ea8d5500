/** @file Copies rows of tensors to the kernels' memory and back. */

/** The rows of an array that belong to a batch. */
export interface Batch {
  readonly start: number;
  readonly count: number;
  readonly total: number;
}

/** Copies a batch of `[blocks][points][features]` between the kernels' memory and arrays of one block or several. */
export const copyBlocks = (
  arrays: readonly Float32Array[],
  view: Float32Array,
  { start, count, total }: Batch,
  features: number,
  direction: 'in' | 'out',
): void => {
  const length = count * features;
  let block = 0;
  for (const array of arrays)
    for (let offset = start * features; offset < array.length; offset += total * features) {
      const part = view.subarray(block * length, (block + 1) * length);
      if (direction === 'out') array.set(part, offset);
      else part.set(length === array.length ? array : array.subarray(offset, offset + length));
      block += 1;
    }
};

/** Calls `work` for each batch. */
export const forEachBatch = (total: number, size: number, work: (batch: Batch) => void): void => {
  for (let start = 0; start < total; start += size) work({ start, count: Math.min(size, total - start), total });
};
