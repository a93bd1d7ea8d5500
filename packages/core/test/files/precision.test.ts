import '@tensorflow/tfjs-backend-cpu';
import { memory } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldData } from '../../src/files/field-data.ts';
import { decodeFieldData, encodeFieldData } from '../../src/files/field-file.ts';
import { FieldFileError } from '../../src/files/field-file-error.ts';
import { narrowFloat16, widenFloat16 } from '../../src/files/half-floats.ts';
import { BLOCK_ROWS, dequantizeInt8, quantizeInt8 } from '../../src/files/int8-blocks.ts';
import { outputChange } from '../../src/files/output-change.ts';
import { type FieldPrecision, roundFieldData } from '../../src/files/precision.ts';
import {
  decodeSafetensors,
  type EncodableArray,
  encodeSafetensors,
  type ShapedArray,
} from '../../src/files/safetensors.ts';
import { createRng } from '../../src/random.ts';
import { siren } from '../../src/spec/networks.ts';
import { parameterLayout } from '../../src/spec/spec.ts';

/** A SIREN as it is initialised, of two blocks of rows. */
const field = ({ hiddenFeatures = 80, seed = 1 } = {}): FieldData => {
  const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers: 2 });
  const rng = createRng(seed);
  const parameters = parameterLayout(spec).entries.map(
    ({ name, shape, initialise }): [string, ShapedArray<Float32Array>] => [
      name,
      { shape, data: initialise(rng.fork(name)) },
    ],
  );
  return { spec, parameters: new Map(parameters) };
};

const withParameter = ({ spec, parameters }: FieldData, name: string, index: number, value: number): FieldData => {
  const { shape, data } = parameters.get(name) as ShapedArray<Float32Array>;
  return { spec, parameters: new Map(parameters).set(name, { shape, data: data.with(index, value) }) };
};

const problemOf = (run: () => unknown): FieldFileError['problem'] | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof FieldFileError) return error.problem;
    throw error;
  }
  return undefined;
};

const weight = 'layers.1.weight';

describe('half precision', () => {
  it('represents every 16-bit number, and rounds to the nearest one, ties to even', () => {
    const words = Uint16Array.from({ length: 1 << 16 }, (_, word) => word);
    const back = narrowFloat16(widenFloat16(words));
    for (const [i, word] of words.entries())
      expect((word & 0x7c00) === 0x7c00 && (word & 0x3ff) !== 0 ? 0x7e00 : word).toBe(
        (word & 0x7c00) === 0x7c00 && (word & 0x3ff) !== 0 ? (back[i] as number) & 0x7fff : back[i],
      );
    fc.assert(
      fc.property(
        fc.nat(0x7bfe),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (word, part, isNegative) => {
          const pair = [...widenFloat16(Uint16Array.of(word, word + 1))];
          const [low, high] = [pair[0] as number, pair[1] as number];
          const value = Math.fround(low + part * (high - low)) * (isNegative ? -1 : 1);
          const [rounded] = widenFloat16(narrowFloat16(Float32Array.of(value)));
          const [below, above] = [Math.abs(value) - low, high - Math.abs(value)];
          const nearest = below === above ? (word % 2 === 0 ? low : high) : below < above ? low : high;
          expect(rounded).toBe(isNegative ? -nearest : nearest);
        },
      ),
    );
  });
});

describe('8-bit blocks', () => {
  it('change no weight by more than half a scale, and zeros, signs and the largest of a block not at all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer(),
        (rows, columns, seed) => {
          const rng = createRng(seed);
          const data = new Float32Array(rows * columns).map((_, i) =>
            i % 5 === 0 ? 0 : rng.normal() * 10 ** (i % columns),
          );
          const quantized = quantizeInt8({ shape: [rows, columns], data });
          expect(quantized.scales.shape).toEqual([Math.ceil(rows / BLOCK_ROWS), columns]);
          const restored = dequantizeInt8(quantized).data;
          for (const [i, value] of data.entries()) {
            const row = Math.floor(i / columns);
            const first = row - (row % BLOCK_ROWS);
            let largest = 0;
            for (let r = first; r < Math.min(rows, first + BLOCK_ROWS); r++)
              largest = Math.max(largest, Math.abs(data[r * columns + (i % columns)] as number));
            // Half a step, and the rounding of scale and product to float32.
            expect(Math.abs((restored[i] as number) - value)).toBeLessThanOrEqual(
              (largest / 127) * 0.5 + largest * 2e-7,
            );
            if (value === 0) expect(restored[i]).toBe(0);
          }
        },
      ),
    );
  });
});

describe('field files of lower precision', () => {
  it.each<[FieldPrecision, version: string]>([
    ['float16', '1'],
    ['int8', '2'],
  ])('%s: are read as the rounded parameters, with a quarter to a half of the bytes', (precision, version) => {
    const data = field();
    const state = new Map([['adam.step', { shape: [], data: Int8Array.of(3) }]]);
    const bytes = encodeFieldData(data, { precision, metadata: { title: 'a field' }, state });
    const file = decodeFieldData(bytes);
    const rounded = roundFieldData(data, precision);
    expect([...file.parameters]).toEqual([...rounded.data.parameters]);
    expect(file).toMatchObject({ spec: data.spec, precision, metadata: { title: 'a field' } });
    expect([...file.state]).toEqual([...state]);
    expect(decodeSafetensors(bytes).metadata['neural-fields.version']).toBe(version);
    expect(bytes.length / encodeFieldData(data).length).toBeLessThan(precision === 'int8' ? 0.35 : 0.6);
    // Rounding again changes nothing.
    expect(encodeFieldData(file, { precision, metadata: file.metadata, state })).toEqual(bytes);
    // The coordinates' weights and all biases are as they were.
    for (const name of ['layers.0.weight', 'layers.0.bias', 'layers.1.bias', 'layers.3.bias'])
      expect(file.parameters.get(name)).toEqual(data.parameters.get(name));
    expect(file.parameters.get(weight)).not.toEqual(data.parameters.get(weight));
  });

  it('change the parameters as stated', () => {
    const data = field();
    const { data: rounded, change } = roundFieldData(data, 'int8');
    const differences = [...data.parameters].flatMap(([name, { data: values }]) =>
      [...values].map((value, i) => Math.abs(value - (rounded.parameters.get(name)?.data[i] as number))),
    );
    expect(change.largest).toBe(Math.max(...differences));
    expect(change.rms).toBeCloseTo(Math.sqrt(differences.reduce((sum, d) => sum + d * d, 0) / differences.length), 12);
    expect(roundFieldData(data, 'float32')).toEqual({ data, change: { largest: 0, rms: 0 } });
  });

  it('are those of float32 when the precision is float32, to the byte', () => {
    expect(encodeFieldData(field(), { precision: 'float32' })).toEqual(encodeFieldData(field()));
    expect(decodeFieldData(encodeFieldData(field())).precision).toBe('float32');
  });

  it('give errors for what they cannot represent', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const precision of ['float16', 'int8'] as const)
        expect(problemOf(() => encodeFieldData(withParameter(field(), weight, 5, value), { precision }))).toBe(
          'not-finite',
        );
    const large = withParameter(field(), weight, 5, 65520);
    expect(() => encodeFieldData(large, { precision: 'float16' })).toThrow(
      /'layers\.1\.weight' must be below 65520 for float16, got 65520 at 5/,
    );
    expect(problemOf(() => roundFieldData(large, 'float16'))).toBe('out-of-range');
    expect(problemOf(() => encodeFieldData(large, { precision: 'int8' }))).toBeUndefined();
    expect(problemOf(() => encodeFieldData(withParameter(field(), weight, 5, 65519), { precision: 'float16' }))).toBe(
      undefined,
    );
    const unknown = JSON.parse('"int4"') as FieldPrecision;
    expect(() => encodeFieldData(field(), { precision: unknown })).toThrow(
      new RangeError('encodeFieldData: precision must be one of float32, float16, int8, got int4'),
    );
  });

  it.each<
    [FieldFileError['problem'], RegExp, (arrays: Map<string, EncodableArray>, metadata: Record<string, string>) => void]
  >([
    [
      'missing-parameter',
      /'scale\.layers\.1\.weight' \[2, 80\] is missing/,
      arrays => arrays.delete(`scale.${weight}`),
    ],
    [
      'wrong-shape',
      /'scale\.layers\.1\.weight' must be \[2, 80\], got \[80, 2\]/,
      arrays => arrays.set(`scale.${weight}`, { shape: [80, 2], data: new Float32Array(160) }),
    ],
    [
      'wrong-shape',
      /'scale\.layers\.1\.weight' must have floats/,
      arrays => arrays.set(`scale.${weight}`, { shape: [2, 80], data: new Int32Array(160) }),
    ],
    [
      'not-finite',
      /'scale\.layers\.1\.weight' must have finite values, got NaN at index 3/,
      arrays => arrays.set(`scale.${weight}`, { shape: [2, 80], data: new Float32Array(160).fill(Number.NaN, 3) }),
    ],
    [
      'not-finite',
      /'layers\.1\.weight' must have finite values/,
      arrays => arrays.set(`scale.${weight}`, { shape: [2, 80], data: new Float32Array(160).fill(3e38) }),
    ],
    [
      'unexpected-tensor',
      /'scale\.extra' scales no parameter of 8 bits/,
      arrays => arrays.set('scale.extra', { shape: [1, 1], data: new Float32Array(1) }),
    ],
    // A reader of version 1 finds integers where it expects floats.
    ['wrong-shape', /must have floats/, (_, metadata) => Object.assign(metadata, { 'neural-fields.version': '1' })],
  ])('%s: %s', (problem, message, change) => {
    const file = decodeSafetensors(encodeFieldData(field(), { precision: 'int8' }));
    const arrays = new Map<string, EncodableArray>(file.tensors);
    const metadata = { ...file.metadata };
    change(arrays, metadata);
    const damaged = encodeSafetensors(arrays, metadata);
    expect(() => decodeFieldData(damaged)).toThrow(message);
    expect(problemOf(() => decodeFieldData(damaged))).toBe(problem);
  });
});

describe('outputChange', () => {
  // More than are evaluated at once.
  const coords = Float32Array.from({ length: 2 * 5000 }, (_, i) => Math.sin(i));

  it('is small for half precision, larger for 8 bits, and none for the field itself', async () => {
    const data = field();
    const before = memory().numTensors;
    const [same, half, eight] = await Promise.all(
      [data, roundFieldData(data, 'float16').data, roundFieldData(data, 'int8').data].map(other =>
        outputChange(data, other, coords.subarray(0, 600)),
      ),
    );
    expect(memory().numTensors).toBe(before);
    expect(same).toEqual({ psnr: Number.POSITIVE_INFINITY, largest: 0 });
    expect(half?.psnr).toBeGreaterThan(70);
    expect(eight?.psnr).toBeGreaterThan(40);
    expect(eight?.psnr).toBeLessThan(half?.psnr as number);
  });

  it('is the closed form for a shifted bias', async () => {
    const data = field({ hiddenFeatures: 8 });
    const shifted = withParameter(
      data,
      'layers.3.bias',
      0,
      (data.parameters.get('layers.3.bias')?.data[0] as number) + 0.5,
    );
    const { psnr, largest } = await outputChange(data, shifted, coords);
    expect(largest).toBeCloseTo(0.5, 5);
    // The range of the outputs, from the PSNR of a change of 0.25 in the mean square.
    const range = Math.sqrt(10 ** (psnr / 10) * 0.25);
    const doubled = withParameter(
      data,
      'layers.3.bias',
      0,
      (data.parameters.get('layers.3.bias')?.data[0] as number) + 1,
    );
    expect((await outputChange(data, doubled, coords)).psnr).toBeCloseTo(20 * Math.log10(range), 3);
  });

  it('asks for points, and for fields of equal sizes', async () => {
    const data = field({ hiddenFeatures: 8 });
    await expect(outputChange(data, data, new Float32Array(3))).rejects.toThrow(
      /points of 2 coordinates.*got 3 numbers/,
    );
    const other = siren({ inFeatures: 2, outFeatures: 2, hiddenFeatures: 8, hiddenLayers: 2 });
    const { parameters } = data;
    const wide = new Map(parameters)
      .set('layers.3.weight', { shape: [8, 2], data: new Float32Array(16) })
      .set('layers.3.bias', { shape: [2], data: new Float32Array(2) });
    await expect(outputChange(data, { spec: other, parameters: wide }, coords)).rejects.toThrow(
      'outputChange: both fields must be 2 -> 1, got one that is 2 -> 2',
    );
  });
});
