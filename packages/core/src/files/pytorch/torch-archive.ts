/**
 * @file The file of `torch.save` since PyTorch 1.6, `.pt` or `.pth`: a zip with the pickle of the saved object and one
 *   member for each storage.
 *
 *     <name>/data.pkl     the object; its tensors name their storages
 *     <name>/data/<key>   the elements of a storage
 *     <name>/byteorder    `little` or `big`
 *     <name>/extra/<key>  text that PyTorch ignores: see `settings.ts`
 *     <name>/version      and other members that are not needed
 *
 * Reference: PyTorch's `torch/serialization.py` (`_save`) and `caffe2/serialize/inline_container.h`.
 */
import { FieldFileError } from '../field-file-error.ts';
import { widenBfloat16, widenFloat16 } from '../half-floats.ts';
import type { SafetensorsArray } from '../safetensors.ts';
import { type StorageType, type TorchStorage, type TorchTensor, torchHost } from './torch-objects.ts';
import { type PickleValue, unpickle } from './unpickler.ts';
import { assertReadable, readZip, type ZipMember } from './zip-archive.ts';

/** Limits for a file of `torch.save`. */
export interface TorchArchiveLimits {
  /** The number of members of the zip, one for each storage; 1,000,000 if absent. */
  readonly maxMembers?: number;
  /** The length of the pickle in bytes, which contains everything but the elements of tensors; 67,108,864 if absent. */
  readonly maxPickleBytes?: number;
  /**
   * The maximum number of strings, lists, dictionaries and objects that the pickle makes, at about 100 bytes each;
   * 4,000,000 if absent. A tensor takes about ten.
   */
  readonly maxValues?: number;
}

/** An opened file. */
export interface TorchArchive {
  readonly root: PickleValue;
  /** The elements of a tensor, row-major. F16, BF16 and F64 are converted to float32. */
  read(tensor: TorchTensor): SafetensorsArray;
  /** A text in the folder {@link EXTRA_FOLDER}; `undefined` if there is none of this name. */
  extra(name: string): string | undefined;
}

/** The folder for data that are not PyTorch's: `extra/` is that of `_extra_files` of `torch.jit.save`. */
export const EXTRA_FOLDER = 'extra/';

const damaged = (what: string): FieldFileError =>
  new FieldFileError('damaged-archive', `the file of torch.save ${what}`);

interface ElementRule {
  readonly bytes: number;
  create(count: number): SafetensorsArray;
  /** Converts the elements after copying. */
  finish?(elements: SafetensorsArray): SafetensorsArray;
}

const elementRules: Readonly<Record<StorageType, ElementRule>> = {
  F32: { bytes: 4, create: count => new Float32Array(count) },
  F64: { bytes: 8, create: count => new Float64Array(count), finish: data => new Float32Array(data as Float64Array) },
  F16: { bytes: 2, create: count => new Uint16Array(count), finish: data => widenFloat16(data as Uint16Array) },
  BF16: { bytes: 2, create: count => new Uint16Array(count), finish: data => widenBfloat16(data as Uint16Array) },
  I64: { bytes: 8, create: count => new BigInt64Array(count) },
  I32: { bytes: 4, create: count => new Int32Array(count) },
  I16: { bytes: 2, create: count => new Int16Array(count) },
  I8: { bytes: 1, create: count => new Int8Array(count) },
  U8: { bytes: 1, create: count => new Uint8Array(count) },
  BOOL: { bytes: 1, create: count => new Uint8Array(count) },
};

const isContiguous = ({ shape, strides }: TorchTensor): boolean => {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
};

/** Copies the elements of a tensor, row-major. The bytes need not be aligned. */
const gather = (tensor: TorchTensor, count: number, source: Uint8Array, rule: ElementRule): SafetensorsArray => {
  const elements = rule.create(count);
  const target = new Uint8Array(elements.buffer);
  const { shape, strides, offset } = tensor;
  if (isContiguous(tensor)) {
    target.set(source.subarray(offset * rule.bytes, (offset + count) * rule.bytes));
    return elements;
  }
  const index = shape.map(() => 0);
  let place = offset;
  for (let i = 0; i < count; i++) {
    for (let byte = 0; byte < rule.bytes; byte++)
      target[i * rule.bytes + byte] = source[place * rule.bytes + byte] as number;
    // The next element: advance the last axis, and carry to the axes before it.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis] as number;
      const next = (index[axis] as number) + 1;
      index[axis] = next;
      if (next < (shape[axis] as number)) break;
      place -= next * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return elements;
};

/** The folder of the pickle in the zip file, e.g. `archive/`. */
const findFolder = (members: ReadonlyMap<string, ZipMember>): string => {
  const folders = [...members.keys()]
    .filter(name => /^[^/]*\/data\.pkl$/.test(name))
    .map(name => name.slice(0, -'data.pkl'.length));
  const [folder] = folders;
  if (folder === undefined)
    throw new FieldFileError(
      'refused-pickle',
      'the zip file has no data.pkl: it is not one of torch.save (Keras, NumPy and torch.export write zip files too)',
    );
  if (folders.length > 1) throw damaged('has more than one data.pkl');
  if (members.has(`${folder}constants.pkl`))
    throw new FieldFileError(
      'refused-pickle',
      'this is a TorchScript module (torch.jit.save), which is a program; save torch.save(model.state_dict(), path), which holds tensors alone',
    );
  return folder;
};

const MAX_MEMBERS = 1_000_000;
const MAX_PICKLE_BYTES = 64 * 1024 * 1024;
const MAX_VALUES = 4_000_000;

/**
 * Opens a file of `torch.save`. No code in it is run. Elements are copied on demand, in total at most as many as the
 * file has bytes, although tensors that share a storage, or repeat it with a stride of 0, could need more.
 *
 * @throws FieldFileError `damaged-archive`, `refused-pickle` or `too-large`
 */
export const openTorchArchive = (
  bytes: Uint8Array,
  { maxMembers = MAX_MEMBERS, maxPickleBytes = MAX_PICKLE_BYTES, maxValues = MAX_VALUES }: TorchArchiveLimits = {},
): TorchArchive => {
  const members = readZip(bytes, maxMembers);
  const folder = findFolder(members);
  const pickle = members.get(`${folder}data.pkl`) as ZipMember;
  if (pickle.bytes.length > maxPickleBytes)
    throw new FieldFileError(
      'too-large',
      `the pickle may have ${maxPickleBytes} bytes, this one has ${pickle.bytes.length}; the option maxPickleBytes allows more`,
    );
  assertReadable(pickle);
  const order = members.get(`${folder}byteorder`);
  if (order && String.fromCharCode(...order.bytes.subarray(0, 8)) !== 'little')
    throw damaged('was written on a big-endian machine, which is not supported');
  const root = unpickle(pickle.bytes, torchHost, maxValues);

  const checked = new Set<ZipMember>();
  const storageBytes = ({ key, size }: TorchStorage, elementBytes: number): Uint8Array => {
    const shown = key.slice(0, 40);
    const member = members.get(`${folder}data/${key}`);
    if (member === undefined) throw damaged(`lacks the storage '${shown}'`);
    if (!checked.has(member)) assertReadable(member);
    checked.add(member);
    if (member.bytes.length < size * elementBytes)
      throw damaged(
        `has a storage '${shown}' of ${member.bytes.length} bytes, its tensors need ${size * elementBytes}`,
      );
    return member.bytes;
  };
  let left = bytes.length;
  return {
    root,
    extra: name => {
      const member = members.get(`${folder}${EXTRA_FOLDER}${name}`);
      if (member === undefined) return undefined;
      assertReadable(member);
      return new TextDecoder().decode(member.bytes);
    },
    read: tensor => {
      const rule = elementRules[tensor.storage.type];
      // Separately, because the product of the other sizes may be infinite.
      const count = tensor.shape.includes(0) ? 0 : tensor.shape.reduce((product, size) => product * size, 1);
      left -= count;
      if (!(left >= 0))
        throw new FieldFileError(
          'too-large',
          'the tensors repeat their storages so often that they have more elements than the file has bytes',
        );
      const elements = gather(tensor, count, storageBytes(tensor.storage, rule.bytes), rule);
      return rule.finish?.(elements) ?? elements;
    },
  };
};
