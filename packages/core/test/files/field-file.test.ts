import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sineActivation } from '../../src/activations/sine.ts';
import { decodeFieldData, encodeFieldData } from '../../src/files/field-file.ts';
import { FieldFileError } from '../../src/files/field-file-error.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type ShapedArray,
} from '../../src/files/safetensors.ts';
import type { FieldSpec } from '../../src/spec/field-spec.ts';
import { siren } from '../../src/spec/networks.ts';
import { parameterLayout } from '../../src/spec/spec.ts';
import { exampleField, randomParameters } from './example-field.ts';

const catchProblem = (decode: () => unknown): FieldFileError => {
  try {
    decode();
  } catch (error) {
    if (error instanceof FieldFileError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
};

/** The file of the example field, with its arrays and metadata changed before they are written. */
const changedFile = (
  change: (tensors: Map<string, ShapedArray>, metadata: Record<string, string>) => void,
): Uint8Array => {
  const { tensors, metadata } = decodeSafetensors(encodeFieldData(exampleField()));
  const newTensors = new Map<string, ShapedArray>(tensors);
  const newMetadata = { ...metadata };
  change(newTensors, newMetadata);
  return encodeSafetensors(newTensors, newMetadata);
};

describe('field files', () => {
  it('preserve spec, parameters, metadata and state', () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        fc.record({ inFeatures: size, outFeatures: size, hiddenFeatures: size, hiddenLayers: fc.nat(3) }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        fc.integer(),
        (sizes, omega0, seed) => {
          const spec = siren({ ...sizes, omega0 });
          const parameters = randomParameters(spec, seed);
          const state = new Map([['adam.step', { shape: [], data: Int32Array.of(seed) }]]);
          const file = decodeFieldData(
            encodeFieldData({ spec, parameters }, { metadata: { title: 'a field' }, state }),
          );
          expect(file.spec).toEqual(spec);
          expect(file.metadata).toEqual({ title: 'a field' });
          expect([...file.parameters]).toEqual([...parameters]);
          expect([...file.state]).toEqual([...state]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are identical for equal fields, independent of the order of the parameters', () => {
    const { spec, parameters } = exampleField();
    const reversed = new Map([...parameters].reverse());
    expect(encodeFieldData({ spec, parameters: reversed })).toEqual(encodeFieldData({ spec, parameters }));
  });

  it('are safetensors files with the spec in the metadata', () => {
    const { spec } = exampleField();
    const { metadata, tensors } = decodeSafetensors(encodeFieldData(exampleField()));
    expect(Object.keys(metadata)).toEqual(['neural-fields.version', 'neural-fields.spec']);
    expect(JSON.parse(metadata['neural-fields.spec'] as string)).toEqual(spec);
    expect([...tensors.keys()]).toEqual(parameterLayout(spec).entries.map(({ name }) => name));
  });

  it('require the extensions that their spec names', () => {
    const mine = { ...sineActivation, kind: 'mine' };
    const spec: FieldSpec = {
      inFeatures: 1,
      layers: [
        {
          kind: 'dense',
          outFeatures: 1,
          activation: { kind: 'mine' },
          weightInitialiser: { kind: 'pytorch-linear' },
          biasInitialiser: null,
        } as FieldSpec['layers'][number],
      ],
    };
    const extensions = { activations: [mine] };
    const parameters = new Map([['layers.0.weight', { shape: [1, 1], data: Float32Array.of(2) }]]);
    const bytes = encodeFieldData({ spec, parameters }, { extensions });
    expect(decodeFieldData(bytes, extensions).spec).toEqual(spec);
    const error = catchProblem(() => decodeFieldData(bytes));
    expect(error.problem).toBe('invalid-spec');
    expect(error.message).toMatch(/unknown activation 'mine'/);
  });

  it.each<
    [FieldFileError['problem'], RegExp, (tensors: Map<string, ShapedArray>, metadata: Record<string, string>) => void]
  >([
    [
      'no-spec',
      /importPytorch of @neural-fields\/core\/pytorch.*its arrays: layers\.0\.weight/,
      (_, metadata) => delete metadata['neural-fields.spec'],
    ],
    [
      'newer-version',
      /version 3, this library reads versions up to 2/,
      (_, metadata) => Object.assign(metadata, { 'neural-fields.version': '3' }),
    ],
    ['invalid-spec', /version must be/, (_, metadata) => delete metadata['neural-fields.version']],
    [
      'invalid-spec',
      /version must be.*got one/,
      (_, metadata) => Object.assign(metadata, { 'neural-fields.version': 'one' }),
    ],
    ['invalid-spec', /must be JSON/, (_, metadata) => Object.assign(metadata, { 'neural-fields.spec': '{' })],
    [
      'invalid-spec',
      /inFeatures/,
      (_, metadata) => Object.assign(metadata, { 'neural-fields.spec': '{"inFeatures":0,"layers":[]}' }),
    ],
    [
      'invalid-spec',
      /may be nested 64 levels deep/,
      (_, metadata) =>
        Object.assign(metadata, { 'neural-fields.spec': `{"layers":${'['.repeat(1e5)}${']'.repeat(1e5)}}` }),
    ],
    ['missing-parameter', /'layers\.1\.bias' \[4\] is missing/, tensors => tensors.delete('layers.1.bias')],
    [
      'wrong-shape',
      /'layers\.0\.weight' must be \[2, 4\], got \[4, 2\]/,
      tensors => tensors.set('layers.0.weight', { shape: [4, 2], data: new Float32Array(8) }),
    ],
    [
      'wrong-shape',
      /must have floats/,
      tensors => tensors.set('layers.0.bias', { shape: [4], data: new Int32Array(4) }),
    ],
    [
      'not-finite',
      /'layers\.0\.bias' must have finite values, got -Infinity at index 1 \(2 of its 4 values are not finite\)/,
      tensors => tensors.set('layers.0.bias', { shape: [4], data: Float32Array.of(0, -Infinity, 1, NaN) }),
    ],
    [
      'not-finite',
      /'layers\.2\.bias' must have finite values, got Infinity at index 2$/,
      tensors => tensors.set('layers.2.bias', { shape: [3], data: Float64Array.of(0, 0, 1e300) }),
    ],
    [
      'unexpected-tensor',
      /'extra' is not a parameter/,
      tensors => tensors.set('extra', { shape: [], data: new Float32Array(1) }),
    ],
  ])('%s: %s', (problem, message, change) => {
    const error = catchProblem(() => decodeFieldData(changedFile(change)));
    expect(error.message).toMatch(message);
    expect(error.problem).toBe(problem);
  });

  it('preserve metadata and states with names from Object.prototype', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const metadata = Object.fromEntries(names.map(name => [name, `the ${name}`]));
    const state = new Map(names.map(name => [name, { shape: [1], data: Int8Array.of(name.length) }]));
    const file = decodeFieldData(encodeFieldData(exampleField(), { metadata, state }));
    expect(Object.entries(file.metadata)).toEqual(Object.entries(metadata));
    expect([...file.state]).toEqual([...state]);
    const { metadata: none } = decodeFieldData(encodeFieldData(exampleField()));
    for (const name of names) expect(none[name]).toBeUndefined();
  });

  it('are read with half-precision parameters', () => {
    const half = Buffer.from(
      changedFile(tensors => tensors.set('layers.0.bias', { shape: [4], data: Uint16Array.of(0x3c00, 0xc000, 0, 1) })),
    );
    const bytes = Uint8Array.from(Buffer.from(half.toString('latin1').replace('"U16"', '"F16"'), 'latin1'));
    expect([...(decodeFieldData(bytes).parameters.get('layers.0.bias')?.data ?? [])]).toEqual([1, -2, 0, 2 ** -24]);
  });

  it('give errors on one line without control characters', () => {
    const error = catchProblem(() =>
      decodeFieldData(changedFile(tensors => tensors.set('a\u001b[2J\nb', { shape: [], data: new Float32Array(1) }))),
    );
    expect(error.message).toContain('a\\u{1b}[2J\\u{a}b');
  });

  it('fail only with the documented errors when any byte of the header is damaged', () => {
    const bytes = encodeFieldData(exampleField());
    const dataStart = 8 + new DataView(bytes.buffer).getUint32(0, true);
    fc.assert(
      fc.property(fc.nat(dataStart - 1), fc.nat(255), (at, byte) => {
        try {
          decodeFieldData(bytes.with(at, byte));
        } catch (error) {
          if (!(error instanceof SafetensorsError || error instanceof FieldFileError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('are not written when the parameters do not fit the spec, or metadata use reserved keys', () => {
    const { spec, parameters } = exampleField();
    const fewer = new Map([...parameters].slice(1));
    expect(catchProblem(() => encodeFieldData({ spec, parameters: fewer })).problem).toBe('missing-parameter');
    expect(() => encodeFieldData({ spec, parameters }, { metadata: { 'neural-fields.spec': '' } })).toThrow(RangeError);
  });
});
