import type { TensorInfo } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { pointCopy, vectorCopies } from '../../src/field-jet/copies.ts';

const tensor = (...shape: number[]): TensorInfo => ({ dataId: {}, shape, dtype: 'float32' });

it('copies the per-field parameters of some fields, contiguous in the vector or not', () => {
  const vector = tensor(1000);
  const fields = { start: 2, count: 3 };
  const copies = (stride?: number): number[][] =>
    vectorCopies(
      [{ vector: 10, slot: 64, length: 5, ...(stride !== undefined && { stride }) }],
      { tensor: vector, slot: 'p' },
      { fields },
    ).map(({ tensorOffset, slotOffset, length }) => [tensorOffset, slotOffset, length]);
  expect(copies()).toEqual([[10, 64, 5]]);
  expect(copies(5)).toEqual([[20, 64, 15]]);
  expect(copies(100)).toEqual([
    [210, 64, 5],
    [310, 69, 5],
    [410, 74, 5],
  ]);
});

it('copies the rows of a batch, or of points that all fields share', () => {
  const ofMany = { fields: 4 } as Parameters<typeof pointCopy>[0];
  const part = { start: 27, count: 3, total: 40, fields: { start: 2, count: 1 }, point: 7, begins: false, ends: true };
  const rows = (given: TensorInfo): number[] => {
    const { tensorOffset, length } = pointCopy(
      ofMany,
      { tensor: given, slot: 'input', slotOffset: 0, features: 2 },
      part,
    );
    return [tensorOffset, length];
  };
  expect(rows(tensor(4, 10, 2))).toEqual([54, 6]);
  expect(rows(tensor(10, 2))).toEqual([14, 6]);
});
