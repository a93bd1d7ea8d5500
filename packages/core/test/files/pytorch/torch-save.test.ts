/** Files of torch.save, made by PyTorch: golden/make_torch_save_golden.py. */
import { existsSync, readFileSync } from 'node:fs';
import { setBackend, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { fieldFromData } from '../../../src/files/field.ts';
import { FieldFileError } from '../../../src/files/field-file-error.ts';
import { type ImportPytorchOptions, importPytorch } from '../../../src/files/pytorch/import-pytorch.ts';
import { decodeSafetensors, type ShapedArray } from '../../../src/files/safetensors.ts';
import { mlp } from '../../../src/spec/networks.ts';
import { opcodes, storedZip, torchZip } from './torch-files.ts';

const golden = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../golden/${name}`, import.meta.url)));

const problemOf = (bytes: Uint8Array, options: ImportPytorchOptions = {}): FieldFileError => {
  try {
    importPytorch(bytes, { activation: { kind: 'relu' }, ...options });
  } catch (error) {
    if (error instanceof FieldFileError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
};

describe('files of torch.save', () => {
  beforeAll(() => setBackend('cpu'));

  it.each<[string, string, ImportPytorchOptions]>([
    ['checkpoint', 'model_state_dict.', { activation: { kind: 'relu' } }],
    ['finer', 'network.img.', { activation: { kind: 'finer' }, omega0: 30, omegaHidden: 30 }],
    // exp(-(3 x)^2) is exp(-x^2 / (2 sigma^2)) with this sigma.
    ['gaussian', '', { activation: { kind: 'gaussian', sigma: 1 / (3 * Math.SQRT2) } }],
    ['views', '', { activation: { kind: 'tanh' } }],
  ])('%s.pt has the values that PyTorch computes', (name, prefix, options) => {
    const imported = importPytorch(golden(`${name}.pt`), options);
    expect(imported).toMatchObject({ prefix, assumed: {} });
    const expected = decodeSafetensors(golden(`${name}.expected.safetensors`)).tensors;
    const coords = expected.get('coords') as ShapedArray<Float32Array>;
    const wanted = expected.get('value') as ShapedArray<Float32Array>;
    const field = fieldFromData(imported);
    const points: Tensor2D = tensor2d(coords.data, coords.shape as [number, number]);
    const got = field.evaluate(points);
    expect(got.shape).toEqual(wanted.shape);
    const scale = Math.max(...wanted.data.map(Math.abs));
    const error = Math.max(...got.dataSync().map((value, i) => Math.abs(value - (wanted.data[i] as number))));
    // float32 against float64: FINER's phases are the longest, 30 (|z| + 1) z.
    expect(error / scale).toBeLessThan(name === 'finer' ? 3e-5 : 1e-5);
    field.dispose();
  });

  it('are read from bytes at any offset of a buffer', () => {
    const bytes = golden('views.pt');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const options = { activation: { kind: 'tanh' } };
    expect(importPytorch(shifted.subarray(3), options)).toEqual(importPytorch(bytes, options));
  });

  it('are rejected by name if they contain more than tensors, and no code is run', () => {
    const module = problemOf(golden('module.pt'));
    expect(module.problem).toBe('refused-pickle');
    expect(module.message).toMatch(
      /pickled object of the class 'torch\.nn\.modules\.container\.Sequential'.*model\.state_dict\(\)/,
    );
    const legacy = problemOf(golden('legacy.pt'));
    expect(legacy.problem).toBe('refused-pickle');
    expect(legacy.message).toMatch(/before PyTorch 1\.6.*torch\.save\(model\.state_dict\(\), path\)/);
    const hostile = problemOf(golden('hostile.pt'));
    expect(hostile.problem).toBe('refused-pickle');
    expect(hostile.message).toMatch(/the global 'posix\.system', which is refused/);
    expect(existsSync('/tmp/neural-fields-was-here')).toBe(false);
  });

  it('are rejected when any byte of their data is damaged', () => {
    const bytes = golden('finer.pt');
    // The first storage is at a multiple of 64.
    const at = Buffer.from(bytes).indexOf('finer/data/0') + 'finer/data/0'.length;
    const start = Math.ceil((at + 4) / 64) * 64;
    const error = problemOf(bytes.with(start + 5, (bytes[start + 5] as number) ^ 1));
    expect(error.problem).toBe('damaged-archive');
    expect(error.message).toMatch(/'finer\/data\/0' do not match their checksum/);
  });

  it('are rejected when they are truncated anywhere', () => {
    const bytes = golden('finer.pt');
    for (let length = 4; length < bytes.length; length += 7)
      expect(problemOf(bytes.slice(0, length)).problem).toBe('damaged-archive');
  });
});

const {
  global,
  mark,
  emptyTuple,
  reduce,
  emptyDict,
  text,
  setItem,
  stop,
  int,
  tuple,
  persistent,
  emptyList,
  put,
  get,
  object,
} = opcodes;
const proto = [0x80, 2];
const storage = (key: string, size: number, type = 'FloatStorage'): number[] => [
  ...mark,
  ...text('storage'),
  ...global('torch', type),
  ...text(key),
  ...text('cpu'),
  ...int(size),
  ...tuple,
  ...persistent,
];
const counts = (values: readonly number[]): number[] => [...mark, ...values.flatMap(int), ...tuple];
const tensor = (
  key: string,
  size: number,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): number[] => [
  ...global('torch._utils', '_rebuild_tensor_v2'),
  ...mark,
  ...storage(key, size),
  ...int(offset),
  ...counts(shape),
  ...counts(strides),
  ...tuple,
  ...reduce,
];
const state = (...entries: readonly (readonly [string, readonly number[]])[]): number[] => [
  ...proto,
  ...emptyDict,
  ...entries.flatMap(([name, value]) => [...text(name), ...value, ...setItem]),
  ...stop,
];
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe('hand-made files of torch.save', () => {
  const relu = { activation: { kind: 'relu' } };

  it('are read', () => {
    const file = torchZip(state(['0.weight', tensor('a', 3, [1, 2], [2, 1], 1)]), { a: floats(1, 2, 3) });
    const { spec, parameters } = importPytorch(file, relu);
    expect(spec).toEqual({
      ...mlp({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 1, hiddenLayers: 0, activation: relu.activation }),
      layers: spec.layers,
    });
    expect([...(parameters.get('layers.0.weight')?.data ?? [])]).toEqual([2, 3]);
  });

  const weight = tensor('a', 1, [1, 1], [1, 1]);
  const one = { a: floats(1) };

  it.each<[FieldFileError['problem'], RegExp, Uint8Array]>([
    [
      'refused-pickle',
      /'builtins\.eval'/,
      torchZip([...proto, ...global('builtins', 'eval'), ...text('1'), ...reduce, ...stop], {}),
    ],
    [
      'refused-pickle',
      /'__proto__\.constructor'/,
      torchZip([...proto, ...global('__proto__', 'constructor'), ...stop], {}),
    ],
    [
      'refused-pickle',
      /'torch\.FloatStorage\.__class__'/,
      torchZip([...proto, ...global('torch', 'FloatStorage.__class__'), ...stop], {}),
    ],
    [
      'refused-pickle',
      /class '__main__\.Siren', perhaps a whole module/,
      torchZip([...proto, ...global('__main__', 'Siren'), ...put(0), ...emptyTuple, ...object, ...stop], {}),
    ],
    ['refused-pickle', /instruction 0x69/, torchZip([...proto, 0x69, ...stop], {})],
    ['refused-pickle', /no data\.pkl/, storedZip({ 'a/b': floats(1) })],
    [
      'refused-pickle',
      /TorchScript/,
      storedZip({ 'a/data.pkl': Uint8Array.of(0x80, 2, 0x4e, 0x2e), 'a/constants.pkl': Uint8Array.of() }),
    ],
    [
      'damaged-archive',
      /ends beyond its storage: it needs element 3/,
      torchZip(state(['0.weight', tensor('a', 1, [2, 2], [2, 1])]), one),
    ],
    ['damaged-archive', /lacks the storage 'b'/, torchZip(state(['0.weight', tensor('b', 1, [1, 1], [1, 1])]), one)],
    [
      'damaged-archive',
      /storage 'a' of 4 bytes, its tensors need 400/,
      torchZip(state(['0.weight', tensor('a', 100, [10, 10], [10, 1])]), one),
    ],
    ['damaged-archive', /different lengths/, torchZip(state(['0.weight', tensor('a', 1, [1, 1], [1])]), one)],
    [
      'damaged-archive',
      /at most 64/,
      torchZip(state(['0.weight', tensor('a', 1, Array<number>(65).fill(1), Array<number>(65).fill(1))]), one),
    ],
    ['damaged-archive', /recalls value 7/, torchZip([...proto, ...get(7), ...stop], {})],
    ['damaged-archive', /takes more values/, torchZip([...proto, ...stop], {})],
    ['damaged-archive', /ends early/, torchZip([...proto, ...emptyDict], {})],
    [
      'damaged-archive',
      /calls something that cannot be called/,
      torchZip([...proto, ...text('x'), ...emptyTuple, ...reduce, ...stop], {}),
    ],
    ['damaged-archive', /persistent id/, torchZip([...proto, ...text('x'), ...persistent, ...stop], {})],
    [
      'damaged-archive',
      /compressed member 'archive\/data\.pkl'/,
      torchZip(state(['0.weight', weight]), one, { method: 8 }),
    ],
    ['damaged-archive', /overlap/, torchZip(state(['0.weight', weight]), one, { shift: -1e4 })],
    ['damaged-archive', /65535 members, more than/, torchZip(state(['0.weight', weight]), one, { members: 0xffff })],
    [
      'damaged-archive',
      /big-endian/,
      storedZip({
        'a/data.pkl': Uint8Array.from(state(['0.weight', weight])),
        'a/byteorder': new TextEncoder().encode('big'),
      }),
    ],
    ['unknown-names', /has no dictionary of tensors/, torchZip([...proto, ...emptyDict, ...stop], {})],
    [
      'unknown-names',
      /the state dict under 'x\.y' with the names w/,
      torchZip(
        state(['x', [...emptyDict, ...text('y'), ...emptyDict, ...text('w'), ...weight, ...setItem, ...setItem]]),
        one,
      ),
    ],
    [
      'too-large',
      /more elements than the file has bytes/,
      torchZip(state(['0.weight', tensor('a', 1, [100_000, 100_000], [0, 0])]), one),
    ],
    [
      'ambiguous',
      /2 networks, with the prefixes 'a\.', 'b\.'/,
      torchZip(
        state(
          ['a', [...emptyDict, ...text('0.weight'), ...weight, ...setItem]],
          ['b', [...emptyDict, ...text('0.weight'), ...weight, ...setItem]],
        ),
        one,
      ),
    ],
  ])('%s: %s', (problem, message, bytes) => {
    const error = problemOf(bytes);
    expect(error.message).toMatch(message);
    expect(error.problem).toBe(problem);
  });

  it('are read with 64-bit sizes and offsets, as in files beyond 4 GiB', () => {
    const pickle = state(['0.weight', tensor('a', 3, [1, 2], [2, 1], 1)]);
    const storages = { a: floats(1, 2, 3) };
    const file = torchZip(pickle, storages, { zip64: true });
    expect(importPytorch(file, relu)).toEqual(importPytorch(torchZip(pickle, storages), relu));
    for (let length = 4; length < file.length; length += 3)
      expect(problemOf(file.slice(0, length)).problem).toBe('damaged-archive');
  });

  it('choose the state dict by its key, or by the prefix', () => {
    const inner = (value: number): number[] => [
      ...emptyDict,
      ...text('0.weight'),
      ...tensor(String(value), 1, [1, 1], [1, 1]),
      ...setItem,
    ];
    const file = torchZip(state(['ema', inner(1)], ['model', inner(2)]), { 1: floats(1), 2: floats(2) });
    expect(importPytorch(file, relu).prefix).toBe('model.');
    expect(importPytorch(file, { ...relu, prefix: 'ema' }).parameters.get('layers.0.weight')?.data[0]).toBe(1);
  });

  it('terminate for pickles that contain themselves, and respect the limits', () => {
    const own = [
      ...proto,
      ...emptyDict,
      ...put(0),
      ...text('x'),
      ...get(0),
      ...setItem,
      ...text('0.weight'),
      ...weight,
      ...setItem,
      ...stop,
    ];
    expect(importPytorch(torchZip(own, one), relu).parameters.size).toBe(1);
    expect(problemOf(torchZip(own, one), { maxPickleBytes: 20 }).message).toMatch(/may have 20 bytes/);
    expect(problemOf(torchZip(own, one), { maxMembers: 1 }).message).toMatch(/at most 1 are allowed/);
    const lists = [...proto, ...Array.from({ length: 1000 }, () => emptyList).flat(), ...stop];
    expect(problemOf(torchZip(lists, one), { maxValues: 999 }).problem).toBe('too-large');
  });
});
