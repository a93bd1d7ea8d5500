import { fused, matMul } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectSameAsCpu, inputsOf, SUM_ROUNDOFF } from './compare-with-cpu.ts';

describe('matMul', () => {
  const sizes = fc.integer({ min: 1, max: 40 });
  it('agrees with the cpu backend for any sizes and transposes', () =>
    fc.assert(
      fc.asyncProperty(sizes, sizes, sizes, fc.boolean(), fc.boolean(), (m, k, n, transposeA, transposeB) =>
        expectSameAsCpu(
          inputsOf(transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]),
          (a, b) => matMul(a, b, transposeA, transposeB),
          SUM_ROUNDOFF,
        ),
      ),
      { numRuns: 30, seed: 20261121 },
    ));

  it.each([
    { m: 1030, k: 3, n: 5 },
    { m: 5, k: 2100, n: 7 },
    { m: 3, k: 4, n: 4100 },
  ])('agrees with more than a block: %o', async ({ m, k, n }) => {
    for (const transposeA of [false, true])
      for (const transposeB of [false, true])
        await expectSameAsCpu(
          inputsOf(transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]),
          (a, b) => matMul(a, b, transposeA, transposeB),
          SUM_ROUNDOFF,
        );
  });

  it.each([
    [
      [3, 4, 5],
      [3, 5, 6],
    ],
    [
      [4, 5],
      [3, 5, 6],
    ],
    [
      [2, 3, 4, 5],
      [5, 6],
    ],
    [
      [2, 1, 4, 5],
      [1, 3, 5, 6],
    ],
    [
      [0, 5],
      [5, 3],
    ],
    [
      [4, 0],
      [0, 3],
    ],
  ])('takes the shapes %o and %o', (a, b) => expectSameAsCpu(inputsOf(a, b), (x, y) => matMul(x, y), SUM_ROUNDOFF));

  it.each(['linear', 'relu', 'elu'] as const)('agrees with a bias and %s', activation =>
    expectSameAsCpu(
      inputsOf([7, 5], [5, 9], [9]),
      (a, b, bias) => fused.matMul({ a, b, bias, activation } as Parameters<typeof fused.matMul>[0]),
      SUM_ROUNDOFF,
    ),
  );
});
