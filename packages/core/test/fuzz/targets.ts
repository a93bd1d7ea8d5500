/** @file The file readers of this package, as fuzz targets. */
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { repairHeaderLength } from '@neural-fields/testing/fuzz/repairs';
import { decodeFieldData, encodeFieldData } from '../../src/files/field-file.ts';
import { FieldFileError } from '../../src/files/field-file-error.ts';
import { exportPytorch } from '../../src/files/pytorch/export-pytorch.ts';
import { importPytorch } from '../../src/files/pytorch/import-pytorch.ts';
import { pytorchNames } from '../../src/files/pytorch/names.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type ShapedArray,
} from '../../src/files/safetensors.ts';
import { fromModelArtifacts, toModelArtifacts } from '../../src/files/tfjs-io.ts';
import { mlp } from '../../src/spec/networks.ts';
import { exampleField, randomParameters } from '../files/example-field.ts';
import { opcodes, torchZip } from '../files/pytorch/torch-files.ts';
import { checkpointTargets } from './checkpoint-target.ts';

const isTyped = (error: unknown): boolean => error instanceof SafetensorsError || error instanceof FieldFileError;

const HEADER_TOKENS = [
  '"dtype"',
  '"shape"',
  '"data_offsets"',
  '"__metadata__"',
  '"__proto__"',
  '"toString"',
  '"constructor"',
  '"F64"',
  '"F32"',
  '"F16"',
  '"BF16"',
  '"I64"',
  '"BOOL"',
  '[]',
  '{}',
  '-1',
  '-0',
  '1e999',
  '9007199254740993',
  '18446744073709551615',
  'null',
  '[[[[[[[[',
  ',',
  ':',
  '\\ud800',
];

/** Arrays of every element type. */
const typedArrays = (): Map<string, ShapedArray> =>
  new Map<string, ShapedArray>([
    ['f32', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['f64', { shape: [2], data: Float64Array.of(1, 1e300) }],
    ['i64', { shape: [1], data: BigInt64Array.of(-5n) }],
    ['u64', { shape: [1], data: BigUint64Array.of(5n) }],
    ['i32', { shape: [], data: Int32Array.of(7) }],
    ['u16', { shape: [3], data: Uint16Array.of(1, 2, 3) }],
    ['i8', { shape: [0, 4], data: new Int8Array(0) }],
    ['u8', { shape: [1], data: Uint8Array.of(9) }],
  ]);

/** A file of both 16-bit formats. */
const halfFloats = (): Uint8Array<ArrayBuffer> => {
  const data = Uint16Array.of(0x3c00, 0x7c00, 1, 0xfbff);
  return encodeSafetensors(
    new Map([
      ['a', { shape: [4], data, words: 'F16' as const }],
      ['b', { shape: [4], data, words: 'BF16' as const }],
    ]),
  );
};

const FIELD_TOKENS = [
  ...HEADER_TOKENS,
  'neural-fields.version',
  'neural-fields.spec',
  'inFeatures',
  'layers',
  'dense',
  'outFeatures',
  'activation',
  'omega',
  'learnable',
  'kind',
  'weightInitialiser',
  'biasInitialiser',
  'identity',
  'sine',
  'finer',
  'gaussian',
  'state.',
  'scale.',
  '\\"2\\"',
  '4294967296',
];

const gaussianField = (): Parameters<typeof encodeFieldData>[0] => {
  const spec = mlp({
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 2,
    hiddenLayers: 0,
    activation: { kind: 'gaussian', sigma: 0.5, learnable: ['sigma'] },
  });
  return { spec, parameters: randomParameters(spec, 3) };
};

/** A field with a matrix of which 8 bits are stored in two blocks of rows. */
const wideField = (): Parameters<typeof encodeFieldData>[0] => {
  const activation = { kind: 'sine', omega: 30 } as const;
  const spec = mlp({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 65, hiddenLayers: 0, activation });
  return { spec, parameters: randomParameters(spec, 4) };
};

const fieldFiles = (): Uint8Array<ArrayBuffer>[] => {
  const state = new Map([['adam.step', { shape: [], data: Int32Array.of(3) }]]);
  return [
    encodeFieldData(exampleField(), {
      metadata: { title: 'a', 'shape.similarity': '{"scale":1,"offset":[0,0,0]}' },
      state,
    }),
    encodeFieldData(gaussianField()),
    ...(['float16', 'int8'] as const).map(precision => encodeFieldData(wideField(), { precision })),
  ];
};

const NAME_TOKENS = [
  ...HEADER_TOKENS,
  'net.',
  '.0.',
  '.linear.',
  'layers.',
  'last_layer',
  'weight',
  'bias',
  'module.',
  'grid',
  'neural-fields.activations',
  'modulator.',
];

/** The parts of a pickle as `torch.save` writes it: one tensor with its storage. */
const tensorPickle = (key: string, type: string, shape: readonly number[], strides: readonly number[]): number[] => {
  const { global, mark, emptyTuple, reduce, text, int, tuple, persistent } = opcodes;
  const counts = (values: readonly number[]): number[] => [...mark, ...values.flatMap(int), ...tuple];
  const count = shape.reduce((product, size) => product * size, 1);
  const storage = [
    ...mark,
    ...text('storage'),
    ...global('torch', type),
    ...text(key),
    ...text('cpu'),
    ...int(count),
    ...tuple,
  ];
  return [
    ...global('torch._utils', '_rebuild_tensor_v2'),
    ...mark,
    ...[...storage, ...persistent, ...int(0), ...counts(shape), ...counts(strides), 0x89],
    ...[...global('collections', 'OrderedDict'), ...emptyTuple, ...reduce],
    ...tuple,
    ...reduce,
  ];
};

const torchFiles = (): { pickles: number[][]; storages: Record<string, Uint8Array> } => {
  const { global, mark, emptyTuple, emptyList, reduce, emptyDict, text, setItem, stop, int, put, get, object } =
    opcodes;
  const layers = [
    ['0.weight', 'a', 'FloatStorage', [3, 2], [2, 1]],
    ['0.bias', 'b', 'HalfStorage', [3], [1]],
    ['2.weight', 'c', 'DoubleStorage', [1, 3], [1, 1]],
    ['2.bias', 'd', 'BFloat16Storage', [1], [1]],
  ] as const;
  const state = [
    ...[...global('collections', 'OrderedDict'), ...emptyTuple, ...reduce, ...put(0)],
    ...layers.flatMap(([name, key, type, shape, strides]) => [
      ...text(name),
      ...tensorPickle(key, type, shape, strides),
      ...setItem,
    ]),
    // The module versions in a state_dict().
    ...[...emptyDict, ...text('_metadata'), ...emptyDict, ...setItem, 0x62],
  ];
  const storages = {
    a: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
    b: new Uint8Array(Uint16Array.of(0x3c00, 0x3c00, 0).buffer),
    c: new Uint8Array(Float64Array.of(1, 2, 3).buffer),
    d: new Uint8Array(Uint16Array.of(0x3f80).buffer),
  };
  const checkpoint = [
    ...[0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, ...emptyDict, 0x94],
    ...[...text('model'), ...state, ...setItem],
    ...[
      ...text('args'),
      ...global('argparse', 'Namespace'),
      ...emptyTuple,
      ...object,
      ...emptyDict,
      ...text('lr'),
      0x47,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    ],
    ...[...setItem, 0x62, ...setItem],
    ...[...mark, ...text('epoch'), ...int(3), 0x8c, 1, 0x62, 0x8a, 2, 1, 2, 0x75],
    ...[...text('list'), ...emptyList, ...mark, 0x4b, 1, 0x4d, 1, 2, 0x4e, 0x88, 0x65, ...setItem],
    ...[...text('pair'), 0x4b, 1, 0x4b, 2, 0x86, ...setItem, ...text('again'), ...get(0), ...setItem],
    ...stop,
  ];
  return { pickles: [[0x80, 2, ...state, ...stop], checkpoint], storages };
};

const PICKLE_TOKENS = [
  'cposix\nsystem\n',
  'cbuiltins\neval\n',
  'ctorch._utils\n_rebuild_tensor_v2\n',
  'ctorch._utils\n_rebuild_parameter\n',
  'ccollections\nOrderedDict\n',
  'ctorch\nFloatStorage\n',
  'ctorch\nSize\n',
  ')R',
  '}(',
  '](',
  'h\0',
  'q\0',
  'Q',
  'b',
  'u',
  'e',
  't',
  '(',
  '.',
  '0',
  '1',
  '2',
  '\x8a\x08',
  '\x93',
  '\x94',
  '\x81',
  'PK\x01\x02',
  'PK\x03\x04',
  'PK\x05\x06',
  'PK\x06\x06',
  'PK\x06\x07',
  'archive/data.pkl',
  'archive/data/a',
  'archive/byteorder',
  '__proto__',
  'weight',
];

/** Model artifacts as bytes: the length of the JSON, the JSON without the weights, and the weights. */
const packArtifacts = (artifacts: ReturnType<typeof toModelArtifacts>): Uint8Array<ArrayBuffer> => {
  const { weightData, ...rest } = artifacts;
  const json = new TextEncoder().encode(JSON.stringify(rest));
  const bytes = new Uint8Array(2 + json.length + (weightData as ArrayBuffer).byteLength);
  new DataView(bytes.buffer).setUint16(0, json.length, true);
  bytes.set(json, 2);
  bytes.set(new Uint8Array(weightData as ArrayBuffer), 2 + json.length);
  return bytes;
};

/** For invalid JSON, the loader of tfjs fails before the reader is called. */
const unpackArtifacts = (bytes: Uint8Array<ArrayBuffer>): Parameters<typeof fromModelArtifacts>[0] => {
  const length = bytes.length < 2 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint16(0, true);
  let rest: unknown;
  try {
    rest = JSON.parse(new TextDecoder().decode(bytes.subarray(2, 2 + length)));
  } catch (cause) {
    throw new FieldFileError('invalid-artifacts', 'there is no JSON', { cause });
  }
  return Object.assign(Object(rest), { weightData: bytes.slice(2 + length).buffer });
};

/** The readers of safetensors files, fields, PyTorch's files, tfjs artifacts and checkpoints. */
export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'safetensors',
    seeds: () => [
      encodeSafetensors(typedArrays(), { title: 'a', toString: 'b' }),
      halfFloats(),
      encodeSafetensors(new Map()),
    ],
    read: bytes => decodeSafetensors(bytes),
    isTyped,
    tokens: HEADER_TOKENS,
    repair: repairHeaderLength,
  },
  {
    name: 'field',
    seeds: fieldFiles,
    read: bytes => decodeFieldData(bytes),
    isTyped,
    tokens: FIELD_TOKENS,
    repair: repairHeaderLength,
  },
  {
    name: 'pytorch-safetensors',
    seeds: () => pytorchNames.map(names => exportPytorch(exampleField(), { names }).bytes),
    read: bytes => importPytorch(bytes),
    isTyped,
    tokens: NAME_TOKENS,
    repair: repairHeaderLength,
  },
  {
    name: 'pytorch-pt',
    seeds: () => torchFiles().pickles.map(pickle => torchZip(pickle, torchFiles().storages)),
    read: bytes => importPytorch(bytes, { activation: { kind: 'relu' } }),
    isTyped,
    tokens: PICKLE_TOKENS,
  },
  {
    // The pickle alone: in an archive, checksums and lengths would catch most mutations.
    name: 'pytorch-pickle',
    seeds: () => torchFiles().pickles.map(pickle => Uint8Array.from(pickle)),
    read: bytes => importPytorch(torchZip(bytes, torchFiles().storages), { activation: { kind: 'relu' } }),
    isTyped,
    tokens: PICKLE_TOKENS,
  },
  {
    name: 'tfjs-artifacts',
    seeds: () => [exampleField(), gaussianField()].map(field => packArtifacts(toModelArtifacts(field))),
    read: bytes => fromModelArtifacts(unpackArtifacts(bytes)),
    isTyped,
    tokens: [...FIELD_TOKENS, '"weightSpecs"', '"name"', '"float32"', '"quantization"', '"modelTopology"', '"format"'],
    repair: bytes => repairHeaderLength(bytes, 2),
  },
  ...checkpointTargets,
];
