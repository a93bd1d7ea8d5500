/** @file Hashed rows on a backend whose integers are floats: `webgl`, here by its name alone. */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  registerBackend,
  removeBackend,
  setBackend,
  type Tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HASH_PRIMES } from '../../src/ops/grid-hash.ts';
import { rowsOf } from '../../src/ops/grid-rows.ts';

beforeAll(() => {
  registerBackend('webgl', () => new MathBackendCPU());
  copyRegisteredKernels('cpu', 'webgl');
});
afterAll(() => removeBackend('webgl'));

const axes = [
  [0, 1, 7, 255, 256, 4095, 65_537, 1_048_576],
  [3, 0, 9, 1000, 513, 77, 1_000_003, 1_048_575],
  [1, 2, 3, 70_000, 0, 99, 123_456, 1_048_576],
];

it.each(['cpu', 'webgl'])('are the hash of the vertex modulo the number of rows on %s', async backend => {
  await setBackend(backend);
  for (const rows of [1, 8, 256, 512, 2 ** 19, 2 ** 24]) {
    const level = { resolution: 2 ** 20, firstRow: 0, rows, hashed: true };
    const actual: Tensor = rowsOf(
      axes.map(values => tensor1d(values, 'int32')),
      level,
    );
    const expected = axes[0]?.map(
      (_, point) =>
        axes.reduce((hash, values, i) => hash ^ Math.imul(values[point] as number, HASH_PRIMES[i] as number), 0) &
        (rows - 1),
    );
    expect(Array.from(await actual.data())).toEqual(expected);
  }
});
