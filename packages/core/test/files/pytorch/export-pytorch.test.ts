import { setBackend, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { fieldFromData } from '../../../src/files/field.ts';
import type { FieldData } from '../../../src/files/field-data.ts';
import { FieldFileError } from '../../../src/files/field-file-error.ts';
import { type ExportPytorchOptions, exportPytorch } from '../../../src/files/pytorch/export-pytorch.ts';
import { importPytorch } from '../../../src/files/pytorch/import-pytorch.ts';
import { pytorchNames } from '../../../src/files/pytorch/names.ts';
import { isTorchFile } from '../../../src/files/pytorch/state-dicts.ts';
import { readZip } from '../../../src/files/pytorch/zip-archive.ts';
import { decodeSafetensors, encodeSafetensors, type ShapedArray } from '../../../src/files/safetensors.ts';
import type { FieldSpec } from '../../../src/spec/field-spec.ts';
import { mlp, type SirenOptions, siren } from '../../../src/spec/networks.ts';
import { parameterLayout } from '../../../src/spec/spec.ts';
import { exampleField, randomParameters } from '../example-field.ts';

const size: SirenOptions = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 3, hiddenLayers: 1 };
/** Small values: phases of a few turns, with six digits in float32. */
const fieldOf = (spec: FieldSpec): FieldData => {
  const parameters = [...randomParameters(spec, 7)].map(
    ([name, { shape, data }]): [string, ShapedArray<Float32Array>] => [
      name,
      { shape, data: data.map(value => (name.includes('activation') ? 2 + Math.abs(value) : value / 20)) },
    ],
  );
  return { spec, parameters: new Map(parameters) };
};

const valuesOf = (data: FieldData): Float32Array => {
  const field = fieldFromData(data);
  const points: Tensor2D = tensor2d([0, 0, 0.5, -0.25, -1, 1], [3, 2]);
  const values = field.evaluate(points).dataSync() as Float32Array;
  field.dispose();
  return values;
};

const expectClose = (got: Float32Array, wanted: Float32Array): void => {
  expect(got.length).toBe(wanted.length);
  for (const [i, value] of got.entries()) expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(2e-6);
};

/** The state dict without the metadata of its activations, as PyTorch sees it. */
const bare = (bytes: Uint8Array): Uint8Array => encodeSafetensors(decodeSafetensors(bytes).tensors);

describe('exportPytorch', () => {
  beforeAll(() => setBackend('cpu'));

  it.each<[NonNullable<ExportPytorchOptions['names']>, string[]]>([
    ['single-bvp-net', ['net.net.0.0', 'net.net.1.0', 'net.net.2.0']],
    ['siren', ['net.0.linear', 'net.1.linear', 'net.2']],
    ['coin', ['net.0.linear', 'net.1.linear', 'last_layer.linear']],
    ['siren-pytorch', ['layers.0', 'layers.1', 'last_layer']],
    ['sequential', ['0', '2', '4']],
  ])('uses the names of %s, and the result can be imported', (names, layers) => {
    const field = fieldOf(siren(size));
    const { bytes, names: given } = exportPytorch(field, { names });
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(given).toBe(names);
    expect(metadata['format']).toBe('pt');
    expect([...tensors.keys()]).toEqual(layers.flatMap(name => [`${name}.weight`, `${name}.bias`]));
    expect(tensors.get(`${layers[1]}.weight`)?.shape).toEqual([3, 3]);
    expect(tensors.get(`${layers[0]}.weight`)?.shape).toEqual([3, 2]);
    const imported = importPytorch(bytes);
    expect(imported.assumed).toEqual({});
    expectClose(valuesOf(imported), valuesOf(field));
  });

  it('rescales the weights to the omegas of the target code', () => {
    const field = fieldOf(siren({ ...size, omega0: 20, omegaHidden: 12 }));
    // Read without the metadata, with the constants of each implementation.
    for (const names of ['single-bvp-net', 'siren-pytorch'] as const)
      expectClose(valuesOf(importPytorch(bare(exportPytorch(field, { names }).bytes))), valuesOf(field));
    const { bytes, activations } = exportPytorch(field, { names: 'siren' });
    expect(activations).toEqual([{ kind: 'sine', omega: 20 }, { kind: 'sine', omega: 12 }, { kind: 'identity' }]);
    expectClose(valuesOf(importPytorch(bare(bytes), { omega0: 20, omegaHidden: 12 })), valuesOf(field));
    const wanted = exportPytorch(field, { names: 'siren', omega0: 5, omegaHidden: 6 });
    expectClose(valuesOf(importPytorch(bare(wanted.bytes), { omega0: 5, omegaHidden: 6 })), valuesOf(field));
  });

  it('is imported when it was decoded already', () => {
    const { bytes } = exportPytorch(exampleField());
    expect(importPytorch(decodeSafetensors(bytes))).toEqual(importPytorch(bytes));
    // @ts-expect-error: callers in JavaScript
    expect(() => importPytorch('file')).toThrow('importPytorch: file must be a Uint8Array, or what decodeSafetensors');
  });

  it('preserves the bits of a field that has the omegas of the target code', () => {
    const field = exampleField();
    const { parameters } = importPytorch(exportPytorch(field).bytes);
    expect([...parameters]).toEqual([...field.parameters]);
  });

  it('exports other activations, and learned ones at their last value', () => {
    const learned = mlp({ ...size, activation: { kind: 'gaussian', sigma: 0.5, learnable: ['sigma'] } });
    const field = fieldOf(learned);
    const { bytes, names, activations } = exportPytorch(field);
    expect(names).toBe('sequential');
    expect(activations[0]).toEqual({
      kind: 'gaussian',
      sigma: field.parameters.get('layers.0.activation.sigma')?.data[0],
    });
    expectClose(valuesOf(importPytorch(bytes)), valuesOf(field));
    const finer = fieldOf(mlp({ ...size, activation: { kind: 'finer', omega: 4 } }));
    expectClose(valuesOf(importPytorch(exportPytorch(finer, { names: 'siren' }).bytes)), valuesOf(finer));
  });

  it('exports a zero bias where the target code requires one', () => {
    const spec = mlp({ ...size, activation: { kind: 'sine', omega: 30 }, biasInitialiser: null });
    const field = fieldOf(spec);
    expect(parameterLayout(spec).entries.length).toBe(3);
    expect(decodeSafetensors(exportPytorch(field, { names: 'siren-pytorch' }).bytes).tensors.size).toBe(3);
    const { bytes } = exportPytorch(field);
    expect(decodeSafetensors(bytes).tensors.get('net.net.1.0.bias')?.data).toEqual(new Float32Array(3));
    expectClose(valuesOf(importPytorch(bytes)), valuesOf(field));
  });

  it.each<[RegExp, FieldSpec, ExportPytorchOptions]>([
    [/'single-bvp-net' are for a SIREN/, mlp({ ...size, activation: { kind: 'relu' } }), { names: 'single-bvp-net' }],
    [
      /without an activation after the last layer/,
      mlp({ ...size, activation: { kind: 'relu' }, finalActivation: { kind: 'sigmoid' } }),
      { names: 'siren' },
    ],
    [
      /layer 0 cannot be rescaled to an omega of 3/,
      mlp({ ...size, activation: { kind: 'finer', omega: 4 } }),
      { omega0: 3 },
    ],
  ])('reports what cannot be exported: %s', (message, spec, options) => {
    expect(() => exportPytorch(fieldOf(spec), options)).toThrow(message);
    expect(() => exportPytorch(fieldOf(spec), options)).toThrow(FieldFileError);
  });

  it.each(pytorchNames)('writes a .pth with the names of %s, and its activations', names => {
    const field = fieldOf(siren({ ...size, omega0: 20, omegaHidden: 12 }));
    const { bytes, activations } = exportPytorch(field, { names, format: 'pth' });
    expect(isTorchFile(bytes)).toBe(true);
    const tensors = exportPytorch(field, { names });
    expect(activations).toEqual(tensors.activations);
    expect(importPytorch(bytes)).toEqual(importPytorch(tensors.bytes));
    expect(exportPytorch(field, { names, format: 'pth' }).bytes).toEqual(bytes);
    // Without the metadata of its activations, as PyTorch sees it.
    const [omega0, omegaHidden] = activations.map(({ omega }) => omega as number);
    const bareImport = importPytorch(bytes, {
      activation: { kind: 'sine' },
      omega0: omega0!,
      omegaHidden: omegaHidden!,
    });
    expect(bareImport.parameters).toEqual(importPytorch(tensors.bytes).parameters);
  });

  it('aligns the storages of a .pth, with checksums that detect damage', () => {
    const { bytes } = exportPytorch(exampleField(), { format: 'pth' });
    const members = readZip(bytes, 100);
    expect([...members.keys()].slice(0, 3)).toEqual(['archive/data.pkl', 'archive/byteorder', 'archive/data/0']);
    for (const { bytes: data } of members.values()) expect(data.byteOffset % 64).toBe(0);
    for (const { bytes: data } of [...members.values()].slice(0, 3)) {
      const damaged = bytes.slice();
      damaged[data.byteOffset + 1] = (damaged[data.byteOffset + 1] as number) ^ 1;
      const problem = /do not match their checksum|big-endian/;
      expect(() => importPytorch(damaged)).toThrow(problem);
    }
  });

  it('rejects unknown formats, invalid omegas, and damaged metadata', () => {
    // @ts-expect-error: callers in JavaScript
    expect(() => exportPytorch(exampleField(), { format: 'pt' })).toThrow(
      'exportPytorch: format must be one of safetensors, pth, got "pt"',
    );
    expect(() => exportPytorch(exampleField(), { omega0: 0 })).toThrow(
      'exportPytorch: omega0 must be a positive number, got 0',
    );
    const { tensors } = decodeSafetensors(exportPytorch(exampleField()).bytes);
    for (const note of [
      '{',
      '[]',
      '[1,2,3]',
      '[{"kind":"sine"},{"kind":"nonsense"},{"kind":"identity"}]',
      'x'.repeat(1e5),
    ]) {
      const file = encodeSafetensors(tensors, { 'neural-fields.activations': note });
      expect(() => importPytorch(file)).toThrow(FieldFileError);
      // Options take precedence.
      expect(importPytorch(file, { omega0: 30 }).parameters.size).toBe(6);
    }
  });
});
