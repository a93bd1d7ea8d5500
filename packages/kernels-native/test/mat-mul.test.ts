/** @file tfjs's products of matrices on native kernels, against float64. */
import { createRng } from '@neural-fields/core';
import { expectCloseInNorm } from '@neural-fields/testing';
import { matMul, tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { onEachInstructionSet, onTiles } from './native-backend.ts';

type Shape = readonly [m: number, k: number, n: number];

const SHAPES: readonly Shape[] = [
  [1, 1, 1],
  [7, 5, 3],
  [65, 300, 17],
  [256, 256, 256],
  [515, 33, 49],
  [40, 1100, 60],
];

const agrees = async ([m, k, n]: Shape, relative: number): Promise<void> => {
  const rng = createRng(4);
  const valuesA = Float32Array.from({ length: m * k }, () => rng.normal());
  const valuesB = Float32Array.from({ length: k * n }, () => rng.normal());
  for (const transposeA of [false, true])
    for (const transposeB of [false, true]) {
      const a = tensor2d(valuesA, transposeA ? [k, m] : [m, k]);
      const b = tensor2d(valuesB, transposeB ? [n, k] : [k, n]);
      const product = matMul(a, b, transposeA, transposeB);
      const exact = Float64Array.from({ length: m * n }, (_, at) => {
        const [row, column] = [Math.floor(at / n), at % n];
        let sum = 0;
        for (let i = 0; i < k; i++)
          sum +=
            (valuesA[transposeA ? i * m + row : row * k + i] as number) *
            (valuesB[transposeB ? column * k + i : i * n + column] as number);
        return sum;
      });
      expect(product.shape).toEqual([m, n]);
      expectCloseInNorm(await product.data(), exact, { relative });
      for (const tensor of [a, b, product]) tensor.dispose();
    }
};

onEachInstructionSet(() => {
  it.each(SHAPES)('multiplies %i x %i by %i columns', (m, k, n) => agrees([m, k, n], 2e-6));
});

describe('by tiles', () => {
  onTiles(precision => {
    it.each(SHAPES)('multiplies %i x %i by %i columns', (...shape) =>
      agrees(shape, precision === 'high' ? 4e-5 : 2e-6),
    );
  });
});
