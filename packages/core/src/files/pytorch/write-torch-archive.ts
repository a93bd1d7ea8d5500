/**
 * @file Writes a state dict as `torch.save` does, so that `torch.load(path, weights_only=True)` reads it: a pickle of
 *   an `OrderedDict` of tensors, and one storage for each. `torch-archive.ts` describes the format.
 *
 * Reference: PyTorch's `torch/serialization.py` (`_save`), `torch/_tensor.py` (`__reduce_ex__`) and
 * `torch/_weights_only_unpickler.py` (the permitted instructions); CPython's `Lib/pickletools.py`.
 */
import type { ShapedArray } from '../safetensors.ts';
import { EXTRA_FOLDER } from './torch-archive.ts';
import { writeZip } from './zip-writer.ts';

const encoder: TextEncoder = new TextEncoder();

const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255];
const global = (module: string, name: string): number[] => [0x63, ...encoder.encode(`${module}\n${name}\n`)];
const integer = (value: number): number[] => [0x4a, ...u32(value)];
const text = (value: string): number[] => {
  const utf8 = encoder.encode(value);
  return [0x58, ...u32(utf8.length), ...utf8];
};

const PROTO_2 = [0x80, 2];
const MARK = [0x28];
const TUPLE = [0x74];
const EMPTY_TUPLE = [0x29];
const REDUCE = [0x52];
const FALSE = [0x89];
const PERSISTENT_ID = [0x51];
const SET_ITEMS = [0x75];
const STOP = [0x2e];

const tuple = (...items: number[][]): number[] => [...MARK, ...items.flat(), ...TUPLE];
const orderedDict: readonly number[] = [...global('collections', 'OrderedDict'), ...EMPTY_TUPLE, ...REDUCE];

/** Row-major strides in elements. */
const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));

/** `_rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks)` */
const tensor = (key: string, { shape, data }: ShapedArray<Float32Array>): number[] => {
  const storage = tuple(text('storage'), global('torch', 'FloatStorage'), text(key), text('cpu'), integer(data.length));
  return [
    ...global('torch._utils', '_rebuild_tensor_v2'),
    ...tuple(
      [...storage, ...PERSISTENT_ID],
      integer(0),
      tuple(...shape.map(integer)),
      tuple(...stridesOf(shape).map(integer)),
      FALSE,
      [...orderedDict],
    ),
    ...REDUCE,
  ];
};

/** The name of the folder in the zip file, that of `torch.save` to a buffer. */
const FOLDER = 'archive/';
/** The version of the format: `kMinProducedFileFormatVersion` of `caffe2/serialize/versions.h`. */
const VERSION = '3\n';

/**
 * A `.pth` file of float32 tensors. Equal input gives equal bytes.
 *
 * @param tensors by name, in the order of the state dict
 * @param extra text by name, which PyTorch ignores
 * @throws FieldFileError `too-large` for 4 GiB
 */
export const writeTorchArchive = (
  tensors: ReadonlyMap<string, ShapedArray<Float32Array>>,
  extra: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> => {
  const entries = [...tensors];
  const items = entries.flatMap(([name, array], i) => [...text(name), ...tensor(String(i), array)]);
  const pickle = Uint8Array.from([...PROTO_2, ...orderedDict, ...MARK, ...items, ...SET_ITEMS, ...STOP]);
  const members: (readonly [string, Uint8Array])[] = [
    ['data.pkl', pickle],
    ['byteorder', encoder.encode('little')],
    ...entries.map(
      ([, { data }], i) => [`data/${i}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] as const,
    ),
    ['version', encoder.encode(VERSION)],
    ...Object.entries(extra).map(([name, value]) => [`${EXTRA_FOLDER}${name}`, encoder.encode(value)] as const),
  ];
  return writeZip(new Map(members.map(([name, data]) => [`${FOLDER}${name}`, data])));
};
