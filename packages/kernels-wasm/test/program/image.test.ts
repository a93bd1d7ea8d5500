import { expect, it } from 'vitest';
import { records } from '../../src/generated/records.ts';
import { type FieldName, Image, type RecordValues, wordOf } from '../../src/program/image.ts';

it('writes records by the names of their fields, and addresses for wherever the program lies', () => {
  const image = new Image();
  const numbers = image.floats([1.5, 2.5]);
  const room = image.room(64);
  const record = image.record('Constant', { values: room, gradient: -1 });
  const list = image.integers([numbers, 7]);
  const memory = image.finish(3);
  const at = (base: number): Int32Array => Int32Array.from(memory.at(base));
  expect(new Float32Array(at(0).buffer, numbers.offset, 2)).toEqual(Float32Array.of(1.5, 2.5));
  expect(at(1024)[(record.offset + records.Constant.fields.values.offset) / 4]).toBe(1024 + memory.parameters - 64);
  expect(at(4096)[list.offset / 4]).toBe(4096 + numbers.offset);
  expect(at(0)[record.offset / 4 + wordOf('Constant', 'gradient')]).toBe(-1);
  expect(memory.bytes).toBe(memory.parameters + 12);
});

it('says so when a field is missing or unknown', () => {
  expect(() => new Image().record('Constant', { values: 0 } as RecordValues<'Constant'>)).toThrow(
    "simd: the record Constant needs a value of 'gradient'",
  );
  expect(() => wordOf('Constant', 'colour' as FieldName<'Constant'>)).toThrow(
    "simd: the record Constant has no field 'colour'",
  );
});
