import { fused, matMul } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectLikeCpu, given, SUMS } from './like-cpu.ts';

describe('matMul', () => {
  const sizes = fc.integer({ min: 1, max: 40 });
  it('is that of the cpu backend for any sizes and transposes', () =>
    fc.assert(
      fc.asyncProperty(sizes, sizes, sizes, fc.boolean(), fc.boolean(), (m, k, n, transposeA, transposeB) =>
        expectLikeCpu(
          given(transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]),
          (a, b) => matMul(a, b, transposeA, transposeB),
          SUMS,
        ),
      ),
      { numRuns: 30, seed: 20261121 },
    ));

  it.each([
    { m: 1030, k: 3, n: 5 },
    { m: 5, k: 2100, n: 7 },
    { m: 3, k: 4, n: 4100 },
  ])('is so beyond a block: %o', async ({ m, k, n }) => {
    for (const transposeA of [false, true])
      for (const transposeB of [false, true])
        await expectLikeCpu(
          given(transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]),
          (a, b) => matMul(a, b, transposeA, transposeB),
          SUMS,
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
  ])('takes the shapes %o and %o', (a, b) => expectLikeCpu(given(a, b), (x, y) => matMul(x, y), SUMS));

  it.each(['linear', 'relu', 'elu'] as const)('with a bias and %s', activation =>
    expectLikeCpu(
      given([7, 5], [5, 9], [9]),
      (a, b, bias) => fused.matMul({ a, b, bias, activation } as Parameters<typeof fused.matMul>[0]),
      SUMS,
    ),
  );
});
