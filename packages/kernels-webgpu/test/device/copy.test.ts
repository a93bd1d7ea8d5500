import { expect, it } from 'vitest';
import { mergeCopies } from '../../src/device/copy.ts';

const tensor = { dataId: {}, shape: [100], dtype: 'float32' as const };
const other = { ...tensor, dataId: {} };

it('merges copies that are contiguous in source and target', () => {
  const copies = [
    { tensor, tensorOffset: 0, slot: 'a', slotOffset: 64, length: 10 },
    { tensor, tensorOffset: 10, slot: 'a', slotOffset: 74, length: 5 },
    { tensor, tensorOffset: 15, slot: 'a', slotOffset: 128, length: 5 },
    { tensor, tensorOffset: 20, slot: 'b', slotOffset: 133, length: 5 },
    { tensor: other, tensorOffset: 25, slot: 'b', slotOffset: 138, length: 5 },
  ];
  expect(mergeCopies(copies)).toEqual([{ ...copies[0], length: 15 }, copies[2], copies[3], copies[4]]);
  expect(mergeCopies([])).toEqual([]);
});
