import { expect, it } from 'vitest';
import { records } from '../../src/generated/records.ts';
import { type FieldName, Image, type RecordValues, wordOf } from '../../src/program/image.ts';

it('writes records by field name, and relocates addresses', () => {
  const image = new Image();
  const floats = image.floats([1.5, 2.5]);
  const workspace = image.reserve(64);
  const record = image.record('Constant', { values: workspace, gradient: -1 });
  const list = image.integers([floats, 7]);
  const memory = image.finish(3);
  const at = (base: number): Int32Array => Int32Array.from(memory.at(base));
  expect(new Float32Array(at(0).buffer, floats.offset, 2)).toEqual(Float32Array.of(1.5, 2.5));
  expect(at(1024)[(record.offset + records.Constant.fields.values.offset) / 4]).toBe(1024 + memory.parameters - 64);
  expect(at(4096)[list.offset / 4]).toBe(4096 + floats.offset);
  expect(at(0)[record.offset / 4 + wordOf('Constant', 'gradient')]).toBe(-1);
  expect(memory.bytes).toBe(memory.parameters + 12);
});

it('throws when a field is missing or unknown', () => {
  expect(() => new Image().record('Constant', { values: 0 } as RecordValues<'Constant'>)).toThrow(
    "simd: the record Constant needs a value of 'gradient'",
  );
  expect(() => wordOf('Constant', 'colour' as FieldName<'Constant'>)).toThrow(
    "simd: the record Constant has no field 'colour'",
  );
});
