/**
 * @file The contract for the gradients of tables on backends that add them up in memory that all threads share: they
 *   agree with the composed loss, whatever was computed before, and are the same on any number of threads.
 */
import {
  adam,
  createField,
  createRng,
  type Field,
  fit,
  type PointSource,
  pointwiseLoss,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import type { GridInterpolation } from '@neural-fields/core/layers';
import { describe, expect, it } from 'vitest';
import { expectLossParity } from './field-loss-contract.ts';
import { blockLevel, denseLevel, extensions, hashedLevel, specOf, type TableLevel, tableOf } from './networks.ts';

/** Options of the contract. */
export interface TablesContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /** Replaces the backend by one with so many threads. */
  useThreads(threads: number): Promise<unknown>;
}

interface TableCase {
  readonly axes: number;
  readonly features: number;
  readonly levels: readonly TableLevel[];
  readonly interpolation?: GridInterpolation;
  /** Whether levels share rows. */
  readonly sharesRows?: true;
}

const cases: Readonly<Record<string, TableCase>> = {
  'one level in the plane': { axes: 2, features: 2, levels: [denseLevel(9, 2)] },
  'hashed levels in space': {
    axes: 3,
    features: 2,
    levels: [denseLevel(3, 3), hashedLevel(9, 32, 64), hashedLevel(40, 128, 96)],
  },
  // Rows of 12 bytes, some of which lie in two lines of the cache.
  'rows of three features': { axes: 2, features: 3, levels: [hashedLevel(30, 64), denseLevel(4, 2, 64)] },
  'rows longer than a line': { axes: 2, features: 18, levels: [denseLevel(4, 2)] },
  'blocks in space': { axes: 3, features: 2, levels: [blockLevel(9, 3, 5)] },
  'a line': { axes: 1, features: 1, levels: [denseLevel(40, 1)] },
  'four axes, smooth': { axes: 4, features: 2, levels: [hashedLevel(3, 64)], interpolation: 'smoothstep' },
  // No two threads could add them up at the same time, so each adds up all of them for its own tiles.
  'levels that share rows': {
    axes: 2,
    features: 2,
    levels: [hashedLevel(9, 32), hashedLevel(17, 32)],
    sharesRows: true,
  },
};

const fieldOf = ({ axes, features, levels, interpolation }: TableCase): Field =>
  createField(specOf({ inFeatures: axes, layers: [tableOf(features, levels, interpolation)] }), {
    seed: 1,
    extensions,
  });

const values = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const gradients = pointwiseLoss({ errors: [{ of: 'gradient' }], penalty: squared });

/** The parameters of a table alone after some steps on values, or on derivatives too. */
const learned = async (one: TableCase, { isValueAlone }: { readonly isValueAlone: boolean }): Promise<number[]> => {
  const field = fieldOf(one);
  const { outFeatures } = field;
  const points: PointSource = {
    inFeatures: one.axes,
    pointsPerStep: 500,
    fixed: false,
    draw: (_start, count, rng) => ({
      coords: Float32Array.from({ length: one.axes * count }, () => 2 * rng.uniform() - 1),
      targets: { value: Float32Array.from({ length: outFeatures * count }, () => rng.normal()) },
    }),
  };
  const terms = [
    term({ points, loss: values }),
    ...(isValueAlone
      ? []
      : [term({ name: 'gradient', points, derivatives: { gradient: true }, loss: gradients, weight: 1e-3 })]),
  ];
  const options = { steps: 3, seed: 2, optimizer: adam({ learningRate: 1e-2 }), chunkSize: 200 };
  for await (const _ of fit(field, terms, options));
  const parts = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
  field.dispose();
  return parts.flatMap(part => [...part]);
};

/** Declares the tests in the caller's `describe`. */
export const tablesContract = ({ backend, useThreads }: TablesContractOptions): void => {
  describe.each(Object.entries(cases))('a table: %s', (_, one) => {
    it('has the gradient of the composed loss, over several chunks', async () => {
      const common = { field: () => fieldOf(one), points: 150, chunkSize: 64 };
      await expectLossParity(backend, {
        ...common,
        derivatives: {},
        loss: { errors: [{ of: 'value', target: 'value' }], penalty: squared },
      });
      await expectLossParity(backend, {
        ...common,
        derivatives: { gradient: true },
        loss: {
          errors: [
            { of: 'value', target: 'value' },
            { of: 'gradient', factor: 1e-2 },
          ],
          penalty: squared,
        },
      });
    });

    if (!one.sharesRows)
      it('learns the same bits on any number of threads', async () => {
        for (const isValueAlone of [true, false]) {
          await useThreads(1);
          const first = await learned(one, { isValueAlone });
          expect(first.every(Number.isFinite)).toBe(true);
          for (const threads of [2, 5]) {
            await useThreads(threads);
            expect(await learned(one, { isValueAlone })).toEqual(first);
          }
        }
      });
  });

  it('has that of the composed loss after tables of other sizes', async () => {
    const sizes = createRng(7);
    for (const resolution of [5, 200, 20, 301, 8]) {
      const one = { axes: 2, features: 2, levels: [denseLevel(resolution, 2)] };
      await expectLossParity(backend, {
        field: () => fieldOf(one),
        points: 20 + Math.floor(50 * sizes.uniform()),
        derivatives: {},
        loss: { errors: [{ of: 'value', target: 'value' }], penalty: squared },
      });
    }
  });
};
