import fc from 'fast-check';
import { expect, it } from 'vitest';
import { defaultBatchBytes } from '../../src/device/batch-bytes.ts';
import { batchesOf, batchesOfProgram, batchSize, fieldBatchesOf } from '../../src/field-jet/batches.ts';
import { fieldProgram } from '../../src/field-jet/field-program.ts';
import { formatOf } from '../../src/field-jet/format.ts';
import { denseProgram, type LayerShape } from '../setup/dense-program.ts';

const dense = (outFeatures: number, kind: string): LayerShape => ({
  outFeatures,
  activation: { kind, parameters: { omega: 1 } },
});
const layers = [...[0, 1, 2, 3].map(() => dense(256, 'sine')), dense(1, 'identity')];
const wide = denseProgram({ inFeatures: 2, order: 0 }, layers);
const limits = (maxBufferSize: number): GPUSupportedLimits =>
  ({ maxBufferSize, maxStorageBufferBindingSize: maxBufferSize }) as GPUSupportedLimits;

it('divides all points into as few batches as possible', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300_000 }), fc.integer({ min: 1, max: 70_000 }), (total, size) => {
      fc.pre(total / size < 5000);
      const batches = batchesOf(total, size);
      let next = 0;
      for (const { start, count, total: all } of batches) {
        expect([start, all]).toEqual([next, total]);
        expect(count).toBeGreaterThan(0);
        expect(count).toBeLessThanOrEqual(size);
        next += count;
      }
      expect(next).toBe(total);
      expect(batches).toHaveLength(Math.ceil(total / size));
      const most = batches[0]?.count ?? 0;
      for (const { count } of batches.slice(0, -1)) expect(count).toBe(most);
    }),
  );
  expect(batchesOf(65_536, 6512).map(({ count }) => count)).toEqual([...Array.from({ length: 10 }, () => 6016), 5376]);
});

it('batches have as many points as fit', () => {
  const bytes = 4 * (2 * (4 + 4 * 256 + 4) + 2 * 256);
  const size = (most: number, batchBytes: number, format = formatOf(wide, false)): number =>
    batchSize(wide, limits(most), { batchBytes, format });
  expect(size(2 ** 32, 1000 * bytes + 1)).toBe(1000);
  expect(size(2 ** 32, 1)).toBe(1);
  expect(size(2 ** 32, 2 ** 40)).toBe(65_536);
  expect(size(2 ** 20, 2 ** 40)).toBe(1023);
  // Only the values of the activations between layers are float16 where there are no derivatives.
  expect(size(2 ** 32, 1000 * (bytes - 2 * 4 * 256) + 1, formatOf(wide, true))).toBe(1000);
  const forms = { pairs: [[0, 0] as const, [1, 1] as const], weights: [[1, 1]] };
  const laplacian = denseProgram({ inFeatures: 2, order: 2, forms }, layers);
  const most = (halfPrecision: boolean): number =>
    batchSize(laplacian, limits(2 ** 32), { batchBytes: 2 ** 30, format: formatOf(laplacian, halfPrecision) });
  expect(most(true) / most(false)).toBeCloseTo((4 * bytes) / (4 * bytes - 2 * 7 * 4 * 256), 3);
});

it('scales the default batch with the device, up to a limit', () => {
  expect(defaultBatchBytes(limits(2 ** 28))).toBe(2 ** 26);
  expect(defaultBatchBytes(limits(2 ** 34))).toBe(2 ** 30);
});

it('divides all points of many fields into batches, and never splits several fields in one batch', () => {
  const sizes = { fields: fc.integer({ min: 1, max: 90 }), points: fc.integer({ min: 1, max: 3000 }) };
  const bounds = { size: fc.integer({ min: 1, max: 5000 }), maxFields: fc.integer({ min: 1, max: 90 }) };
  fc.assert(
    fc.property(fc.record(sizes), fc.record(bounds), (given, { size, maxFields: most }) => {
      fc.pre(given.points / size < 100);
      const { fields, points } = given;
      const maxFields = Math.max(1, Math.min(most, Math.floor(size / points)));
      const batches = fieldBatchesOf(given, { size, maxFields });
      let next = 0;
      for (const batch of batches) {
        expect([batch.start, batch.total]).toEqual([next, fields * points]);
        expect(batch.start).toBe(batch.fields.start * points + batch.point);
        expect(batch.count).toBeLessThanOrEqual(size);
        expect(batch.fields.count).toBeLessThanOrEqual(maxFields);
        expect(batch.begins).toBe(batch.point === 0);
        expect(batch.ends).toBe((batch.start + batch.count) % points === 0);
        if (batch.fields.count > 1) expect(batch.count).toBe(batch.fields.count * points);
        next += batch.count;
      }
      expect(next).toBe(fields * points);
      if (points <= size) expect(batches).toHaveLength(Math.ceil(fields / maxFields));
    }),
  );
});

it('batches have as many fields as their parameters allow', () => {
  const one = denseProgram({ inFeatures: 2, order: 0 }, [dense(64, 'sine'), dense(4, 'identity')]);
  // 2 * 64 + 64 + 64 * 4 + 4
  const own = 452;
  const operations = one.operations.map(operation =>
    operation.kind !== 'linear' || operation.weight.kind !== 'parameter'
      ? operation
      : {
          ...operation,
          weight: { ...operation.weight, fieldStride: own },
          bias: { ...operation.bias, fieldStride: own },
        },
  ) as typeof one.operations;
  const shape = { inFeatures: 2, order: 0 } as const;
  const program = fieldProgram({ ...one, shape, operations, outFeatures: 4, fields: 1000 });
  const most = (bytes: number, batchBytes: number): number =>
    batchesOfProgram(program, limits(bytes), { batchBytes, format: formatOf(program, false), points: 1 })[0]?.fields
      .count ?? 0;
  expect(most(2 ** 30, 2 ** 40)).toBe(1000);
  const inBinding = most(4 * 20_000, 2 ** 40);
  expect(inBinding * own).toBeLessThanOrEqual(20_000);
  expect(inBinding * own).toBeGreaterThan(0.8 * 20_000);
  // Parameters, parts of gradients and gradients; then the activations of a point.
  expect(most(2 ** 30, 4 * 100 * (3 * own + 2 * (4 + 64 + 4) + 2 * 64) + 1)).toBe(100);
});
