import { readFileSync } from 'node:fs';
import { setBackend, type Tensor, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { createField } from '../../../src/field.ts';
import { encodeFieldData } from '../../../src/files/field-file.ts';
import { FieldFileError } from '../../../src/files/field-file-error.ts';
import { exportPytorch } from '../../../src/files/pytorch/export-pytorch.ts';
import { importPytorch } from '../../../src/files/pytorch/import-pytorch.ts';
import type { PytorchSource } from '../../../src/files/pytorch/names.ts';
import { decodeSafetensors, encodeSafetensors, type ShapedArray } from '../../../src/files/safetensors.ts';
import { isDense } from '../../../src/spec/dense.ts';
import { exampleField } from '../example-field.ts';

// Made by ../golden/make_pytorch_golden.py.
const golden = (name: string): Uint8Array => readFileSync(new URL(`../golden/${name}.safetensors`, import.meta.url));

/** The largest difference, relative to the largest expected value. */
const relativeError = (got: Tensor, expected: ShapedArray | undefined): number => {
  if (!(expected?.data instanceof Float32Array)) throw new Error('the golden file lacks an array');
  expect(got.shape).toEqual(expected.shape);
  const scale = Math.max(...expected.data.map(Math.abs));
  return Math.max(...got.dataSync().map((value, i) => Math.abs(value - (expected.data[i] as number)))) / scale;
};

/** The state dict of a golden file under changed names. */
const renamed = (name: string, rename: (key: string) => string | undefined): Uint8Array =>
  encodeSafetensors(
    new Map(
      [...decodeSafetensors(golden(name)).tensors].flatMap(([key, tensor]): [string, ShapedArray][] => {
        const newKey = rename(key);
        return newKey === undefined ? [] : [[newKey, tensor]];
      }),
    ),
  );

const catchProblem = (bytes: Uint8Array): FieldFileError => {
  try {
    importPytorch(bytes);
  } catch (error) {
    if (error instanceof FieldFileError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
};

describe('importPytorch', () => {
  beforeAll(() => setBackend('cpu'));

  it.each<[string, PytorchSource, number | undefined, (string | number)[]]>([
    ['single-bvp-net', 'vsitzmann/siren modules', undefined, [30, 30, 30, 'identity']],
    ['notebook', 'vsitzmann/siren notebook', 20, [20, 30, 'identity']],
    ['notebook-sine-last', 'vsitzmann/siren notebook', undefined, [30, 30, 30]],
    ['siren-wrapper', 'lucidrains/siren-pytorch', undefined, [30, 1, 'identity']],
    ['siren-net-without-bias', 'lucidrains/siren-pytorch', undefined, [30, 1, 'identity']],
  ])('%s has the value and the derivatives that PyTorch computes', (name, source, omega0, activations) => {
    const imported = importPytorch(golden(name), omega0 === undefined ? {} : { omega0 });
    expect(imported.source).toBe(source);
    // Written under `names`, it has the names that it came with, unless its code cannot have its activations. Those of
    // SingleBVPNet begin with `net.`, its attribute, which is a prefix to the reader.
    if (name === 'notebook-sine-last') expect(imported.names).toBe('sequential');
    else {
      const { bytes, names } = exportPytorch(imported, { names: imported.names });
      const keysOf = (file: Uint8Array, prefix: string): string[] =>
        [...decodeSafetensors(file).tensors.keys()]
          .filter(key => /\.(weight|bias)$/.test(key))
          .map(key => key.slice(prefix.length))
          .sort();
      expect(keysOf(bytes, names === 'single-bvp-net' ? 'net.' : '')).toEqual(keysOf(golden(name), imported.prefix));
    }
    const found = imported.spec.layers.map(
      layer => isDense(layer) && (layer.activation['omega'] ?? layer.activation.kind),
    );
    expect(found).toEqual(activations);

    const expected = decodeSafetensors(golden(`${name}.expected`)).tensors;
    const coords = expected.get('coords') as ShapedArray<Float32Array>;
    const parameters = Object.fromEntries([...imported.parameters].map(([key, { data }]) => [key, data]));
    const field = createField(imported.spec, { parameters });
    const points: Tensor2D = tensor2d(coords.data, coords.shape as [number, number]);
    const { value, gradient, laplacian } = field.jet(points, { gradient: true, laplacian: true });
    // float32 against float64: each order multiplies the rounding of the phases (30 x 6e-8) once more.
    expect(relativeError(value, expected.get('value'))).toBeLessThan(1e-5);
    expect(relativeError(gradient, expected.get('gradient'))).toBeLessThan(1e-5);
    expect(relativeError(laplacian, expected.get('laplacian'))).toBeLessThan(1e-5);
    field.dispose();
  });

  it('finds the network behind the prefixes of wrappers', () => {
    const { parameters } = importPytorch(golden('single-bvp-net'));
    for (const prefix of [
      '',
      'module.',
      '_orig_mod.',
      'model.',
      'module.model.',
      'img_siren.',
      'a.b.c.d.e.f.',
      'net.net.',
      '0.',
    ]) {
      const file = renamed('single-bvp-net', key => prefix + key);
      expect([...importPytorch(file).parameters]).toEqual([...parameters]);
    }
    const bare = renamed('single-bvp-net', key => key.slice('net.'.length)); // FCBlock alone
    expect([...importPytorch(bare).parameters]).toEqual([...parameters]);
    const wrapped = renamed('siren-wrapper', key => `module.${key}`);
    expect(importPytorch(wrapped).source).toBe('lucidrains/siren-pytorch');
  });

  it('reads the names of COIN, whose last layer has a name of its own', () => {
    const coin = renamed('notebook', key => key.replace(/^net\.2\./, 'last_layer.linear.'));
    const { source, names, spec, parameters } = importPytorch(coin);
    const notebook = importPytorch(golden('notebook'));
    expect([source, names]).toEqual(['EmilienDupont/coin', 'coin']);
    expect([spec, ...parameters]).toEqual([notebook.spec, ...notebook.parameters]);
    expect(() => importPytorch(renamed('notebook', key => key.replace(/^net\.2\./, 'last.linear.')))).toThrow(
      FieldFileError,
    );
  });

  it('orders layers by number, not by name', () => {
    const layers = 12;
    const state = new Map<string, ShapedArray>();
    for (let i = 0; i < layers; i++) state.set(`net.${i}.0.weight`, { shape: [1, 1], data: Float32Array.of(i) });
    const { parameters } = importPytorch(encodeSafetensors(new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)))));
    expect([...parameters.values()].map(({ data }) => data[0])).toEqual(Array.from({ length: layers }, (_, i) => i));
  });

  it('uses the omegas and the last activation of the options', () => {
    const options = { omega0: 5, omegaHidden: 7, finalActivation: { kind: 'sigmoid' } };
    const { spec } = importPytorch(golden('siren-wrapper'), options);
    expect(spec.layers.map(layer => isDense(layer) && layer.activation)).toEqual([
      { kind: 'sine', omega: 5 },
      { kind: 'sine', omega: 7 },
      { kind: 'sigmoid' },
    ]);
    expect(() => importPytorch(golden('notebook'), { omega0: Number.NaN })).toThrow(
      RangeError('importPytorch: omega0 must be a positive number, got NaN'),
    );
  });

  const one = (entries: Record<string, number[]>): Uint8Array =>
    encodeSafetensors(
      new Map(
        Object.entries(entries).map(([name, shape]) => [
          name,
          { shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) },
        ]),
      ),
    );

  it.each<[FieldFileError['problem'], RegExp, Uint8Array]>([
    [
      'unknown-names',
      /names encoder\.weight; known names: net\.<i>\.0\.weight \(vsitzmann/,
      one({ 'encoder.weight': [1, 1] }),
    ],
    ['unknown-names', /\(there are none\)/, one({})],
    ['unknown-names', /rbf_layer\.centres/, one({ 'net.net.0.0.weight': [1, 1], 'rbf_layer.centres': [1, 1] })],
    ['unknown-names', /hypernetwork/, one({ 'net.last_layer.weight': [1, 1], 'modulator.layers.0.0.weight': [1, 1] })],
    ['unknown-names', /net\.0\.weight, net\.1\.linear/, one({ 'net.0.weight': [1, 1], 'net.1.linear.weight': [1, 1] })],
    ['unknown-names', /decodeFieldData/, encodeFieldData(exampleField())],
    [
      'missing-parameter',
      /layer 1 is missing/,
      renamed('single-bvp-net', key => (key.includes('.1.0.') ? undefined : key)),
    ],
    [
      'missing-parameter',
      /net\.1\.0\.bias has no matching weight/,
      one({ 'net.0.0.weight': [1, 1], 'net.1.0.bias': [1] }),
    ],
    [
      'unknown-activation',
      /torch\.nn\.Sequential.*option activation/,
      one({ 'a.0.weight': [1, 1], 'a.2.weight': [1, 1] }),
    ],
    [
      'ambiguous',
      /has a network of vsitzmann\/siren modules with the prefix 'a\.', besides encoder\.weight; specify the option prefix/,
      one({
        'a.net.0.0.weight': [2, 2],
        'a.net.1.0.weight': [2, 2],
        'a.net.2.0.weight': [1, 2],
        'encoder.weight': [1],
      }),
    ],
    [
      'wrong-shape',
      /weight of layer 1 must be \[out, 2\], got \[1, 3\]/,
      one({ 'net.0.0.weight': [2, 1], 'net.1.0.weight': [1, 3] }),
    ],
    ['wrong-shape', /weight of layer 0 must be \[out, in\], got \[5, 2, 1\]/, one({ 'net.0.0.weight': [5, 2, 1] })],
    ['wrong-shape', /bias of layer 0 must be \[2\], got \[1\]/, one({ 'net.0.0.weight': [2, 1], 'net.0.0.bias': [1] })],
  ])('%s: %s', (problem, message, bytes) => {
    const error = catchProblem(bytes);
    expect(error.message).toMatch(message);
    expect(error.problem).toBe(problem);
  });

  it('selects one of several networks by its prefix', () => {
    const both = new Map<string, ShapedArray>();
    for (const prefix of ['img_siren.', 'audio_siren.'])
      for (const [key, tensor] of decodeSafetensors(golden('single-bvp-net')).tensors) both.set(prefix + key, tensor);
    both.set('encoder.weight', { shape: [1], data: Float32Array.of(1) });
    const file = encodeSafetensors(both);
    expect(() => importPytorch(file)).toThrow(
      /2 networks of vsitzmann\/siren modules with the prefix 'img_siren\.net\.', 'audio_siren/,
    );
    const { parameters } = importPytorch(golden('single-bvp-net'));
    for (const prefix of ['img_siren', 'audio_siren.', 'img_siren.net'])
      expect([...importPytorch(file, { prefix }).parameters]).toEqual([...parameters]);
    expect(() => importPytorch(file, { prefix: 'video' })).toThrow(/there are none/);
  });

  it('reports its assumptions', () => {
    const modules = golden('single-bvp-net');
    expect(importPytorch(modules).assumed).toEqual({ activation: 'sine', omega0: 30, omegaHidden: 30 });
    expect(importPytorch(modules, { omega0: 60 }).assumed).toEqual({ activation: 'sine', omegaHidden: 30 });
    expect(importPytorch(modules, { activation: { kind: 'finer' } }).assumed).toEqual({ omega0: 30, omegaHidden: 30 });
    expect(importPytorch(modules, { activation: { kind: 'gaussian', sigma: 0.1 } }).assumed).toEqual({});
    expect(importPytorch(golden('siren-wrapper')).assumed).toEqual({ activation: 'sine', omega0: 30, omegaHidden: 1 });
  });

  it('replaces the sine by another activation, with or without an omega', () => {
    const kinds = (options: Parameters<typeof importPytorch>[1]): unknown[] =>
      importPytorch(golden('notebook'), options).spec.layers.map(layer => isDense(layer) && layer.activation);
    expect(kinds({ activation: { kind: 'finer' }, omega0: 20 })).toEqual([
      { kind: 'finer', omega: 20 },
      { kind: 'finer', omega: 30 },
      { kind: 'identity' },
    ]);
    expect(kinds({ activation: { kind: 'gaussian', sigma: 0.5 } }).slice(1)).toEqual([
      { kind: 'gaussian', sigma: 0.5 },
      { kind: 'identity' },
    ]);
    expect(() => kinds({ activation: { kind: 'relu' }, omegaHidden: 3 })).toThrow(
      /omegaHidden is for the activations sine and finer/,
    );
    expect(() => kinds({ activation: { kind: 'nonsense' } })).toThrow(RangeError);
  });

  it('names a parameter that is not finite', () => {
    const weight = Float32Array.of(1, Number.NaN, 3, Number.POSITIVE_INFINITY);
    const file = encodeSafetensors(new Map([['net.0.0.weight', { shape: [2, 2], data: weight }]]));
    const error = catchProblem(file);
    expect(error.problem).toBe('not-finite');
    // The index in the transposed weight, as in the field.
    expect(error.message).toMatch(
      /'layers\.0\.weight' must have finite values, got NaN at index 2 \(2 of its 4 values/,
    );
  });

  it('reads a network of very many layers in linear time', () => {
    const layers = 10_000;
    const state = new Map<string, ShapedArray>();
    for (let i = 0; i < layers; i++) {
      state.set(`net.${i}.0.weight`, { shape: [1, 1], data: Float32Array.of(1) });
      state.set(`net.${i}.0.bias`, { shape: [1], data: Float32Array.of(i) });
    }
    const { spec, parameters } = importPytorch(encodeSafetensors(state));
    expect(spec.layers.length).toBe(layers);
    expect(parameters.get(`layers.${layers - 1}.bias`)?.data[0]).toBe(layers - 1);
  });
});
