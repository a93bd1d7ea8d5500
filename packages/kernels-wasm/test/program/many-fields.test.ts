/** @file Many fields at once: the contract of all kernels, and the independence of batches, groups and threads. */
import { parseSpec, siren } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import {
  type BatchNetwork,
  batchNetworkOf,
  type FieldBackend,
  fieldBackend,
  type KernelLoss,
  networkOf,
  registerFieldBackend,
} from '@neural-fields/core/kernels';
import { grid, type LayerDefinition } from '@neural-fields/core/layers';
import {
  type BatchCase,
  type BatchValues,
  manyFieldsContract,
  measureBatch,
  measureBatchLoss,
} from '@neural-fields/kernel-contract';
import { expectCloseInNorm } from '@neural-fields/testing';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { useSimd } from '../simd-backend.ts';

describe('many fields at once', () => {
  beforeEach(async () => {
    await setBackend('simd');
    await ready();
  });

  manyFieldsContract({ backend: 'simd', together: true, exhaustive: true });
});

const table: LayerDefinition = {
  kind: 'table',
  apply: (input, { parameter }) => {
    const initialise = (): Float32Array => Float32Array.from({ length: 2 ** 18 }, (_, i) => Math.sin(i));
    const levels = [{ resolution: 300, firstRow: 0, rows: 2 ** 17, hashed: true }];
    return grid(input, parameter('table', { shape: [2 ** 17, 2], initialise }), levels);
  },
};
const extensions = { layers: [table] };

const sirens = (count: number, hiddenFeatures: number, outFeatures = 3): BatchNetwork => {
  const spec = siren({ inFeatures: 2, hiddenFeatures, hiddenLayers: 0, outFeatures, omega0: 5 });
  return batchNetworkOf(networkOf(spec), count, [{ layer: 'layers.0' }]);
};

const tables = (count: number): BatchNetwork => {
  const last = { kind: 'dense', outFeatures: 2, activation: { kind: 'tanh' } };
  const layers = [{ kind: 'table' }, { ...last, weightInitialiser: { kind: 'xavier-normal' }, biasInitialiser: null }];
  return batchNetworkOf(networkOf(parseSpec({ inFeatures: 2, layers }, extensions), extensions), count);
};

const lossOf = ({ batch: { program }, request }: BatchCase): KernelLoss => {
  const { inFeatures, outFeatures } = program;
  const block = { factor: 1, target: { index: 0, column: 1 } };
  const blocks = Array.from({ length: request.gradient ? 1 + inFeatures : 1 }, () => block);
  return { blocks, penalty: squared, targetWidths: [outFeatures + 1, outFeatures], weight: 1 };
};

const measureAll = async (one: BatchCase): Promise<BatchValues> => ({
  ...(await measureBatch('simd', one)),
  ...(await measureBatchLoss('simd', one, lossOf(one))),
});

/** Sums with many terms, in a different order. */
const RELATIVE = 2e-4;

const expectSame = (actual: BatchValues, expected: BatchValues): void => {
  for (const [name, values] of Object.entries(expected))
    expectCloseInNorm(actual[name] as Float32Array, values, { relative: RELATIVE }, name);
};

/** The same, one field after the other. */
const measureEach = async (one: BatchCase): Promise<BatchValues> => {
  const together = fieldBackend('simd') as FieldBackend;
  registerFieldBackend({ ...together, manyFields: false });
  const { single, count, isOwn } = one.batch;
  const own = single.layout.entries.filter((_, index) => isOwn[index]);
  try {
    return await measureAll({ ...one, batch: batchNetworkOf(single, count, own) });
  } finally {
    registerFieldBackend(together);
  }
};

describe('agrees with one field after the other', () => {
  afterAll(async () => {
    await useSimd({});
  });

  const cases: Readonly<Record<string, () => BatchCase>> = {
    'more points than a batch': () => ({
      batch: sirens(2, 8),
      request: { gradient: true },
      points: 400_003,
      isShared: true,
    }),
    'different points for each field, and more than a batch': () => ({
      batch: sirens(2, 8, 1),
      request: { gradient: true },
      points: 600_001,
      isShared: false,
    }),
    'more fields than a batch': () => ({ batch: sirens(50, 8), request: {}, points: 20_000, isShared: false }),
    'more parameters than a group': () => ({ batch: tables(37), request: {}, points: 9, isShared: true }),
  };
  it.each(Object.keys(cases))('with %s', async name => {
    const one = (cases[name] as () => BatchCase)();
    await useSimd({});
    expectSame(await measureAll(one), await measureEach(one));
  });

  it.each([1, 2, 3, 5])('on %i threads, deterministically', async threads => {
    for (const [count, points, isShared] of [
      [1, 3001, false],
      [2, 2000, true],
      [3, 1111, false],
      [4, 640, false],
      [17, 130, true],
    ] as const) {
      const one = { batch: sirens(count, 40), request: { gradient: true }, points, isShared };
      await useSimd({ threads });
      const first = await measureAll(one);
      expect(await measureAll(one)).toEqual(first);
      expectSame(first, await measureEach(one));
      // New threads, which are still starting during the first jobs.
      await useSimd({ threads });
      expect(await measureAll(one)).toEqual(first);
    }
  });
});
