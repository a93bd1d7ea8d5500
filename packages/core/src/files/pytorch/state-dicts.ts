/** @file The state dicts in a file: the file is one, or a checkpoint of a training loop that holds some. */
import { listNames } from '../field-data.ts';
import { FieldFileError } from '../field-file-error.ts';
import { decodeSafetensors, type SafetensorsArray, type SafetensorsLimits } from '../safetensors.ts';
import { openTorchArchive, type TorchArchive, type TorchArchiveLimits } from './torch-archive.ts';
import { TorchTensor } from './torch-objects.ts';
import { PickleDict, type PickleValue } from './unpickler.ts';

/** A tensor whose numbers are read when they are asked for. */
export interface StateTensor {
  readonly shape: readonly number[];
  read(): SafetensorsArray;
}

/** Tensors by the names of a module's parameters and buffers. */
export interface StateDict {
  /** The keys under which it stands in a checkpoint, joined by dots; empty where the file is the state dict. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StateTensor>;
}

/** What a file holds. */
export interface StateDictFile {
  readonly dicts: readonly StateDict[];
  /** That of a safetensors file. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Limits of both kinds of files. */
export interface StateDictLimits extends SafetensorsLimits, TorchArchiveLimits {}

/** Checkpoints nest their state dicts less deep than this. */
const MAX_DEPTH = 6;

const collect = ({ root, read }: TorchArchive): StateDict[] => {
  const dicts: StateDict[] = [];
  const seen = new Set<PickleValue>();
  let level: { readonly path: string; readonly value: PickleValue }[] = [{ path: '', value: root }];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { path, value } of level) {
      if (!(value instanceof PickleDict || Array.isArray(value)) || seen.has(value)) continue;
      seen.add(value);
      const entries = Array.isArray(value) ? value.entries() : (value.entries ?? []);
      const tensors = new Map<string, StateTensor>();
      for (const [key, inner] of entries) {
        if (typeof key === 'string' && inner instanceof TorchTensor)
          tensors.set(key, { shape: inner.shape, read: () => read(inner) });
        else if (
          typeof inner === 'object' &&
          (typeof key === 'string' || typeof key === 'number') &&
          String(key).length < 100
        )
          next.push({ path: path === '' ? String(key) : `${path}.${key}`, value: inner });
      }
      if (tensors.size > 0) dicts.push({ path, tensors });
    }
    level = next;
  }
  return dicts;
};

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/**
 * PROTO 2 and the long 0x1950a86a20f9469cfc6c, with which the files before PyTorch 1.6 begin: `torch/serialization.py`,
 * MAGIC_NUMBER.
 */
const LEGACY_START = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const ZIP_START = [0x50, 0x4b, 3, 4];

/**
 * Whether the bytes may be a `.pt` or `.pth` of `torch.save`, of now or before PyTorch 1.6: `importPytorch` reads it,
 * or says what it is.
 */
export const isTorchFile = (bytes: Uint8Array): boolean =>
  startsWith(bytes, ZIP_START) || startsWith(bytes, LEGACY_START);

/**
 * The state dicts of a safetensors file, or of a `.pt` or `.pth` of `torch.save`.
 *
 * @throws SafetensorsError or FieldFileError when the bytes are neither, or damaged
 */
export const readStateDicts = (bytes: Uint8Array, limits: StateDictLimits): StateDictFile => {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('importPytorch: bytes must be a Uint8Array');
  if (startsWith(bytes, LEGACY_START))
    throw new FieldFileError(
      'refused-pickle',
      'this is a file of torch.save before PyTorch 1.6, or of _use_new_zipfile_serialization=False; ' +
        'load it in PyTorch and save it again with torch.save(model.state_dict(), path)',
    );
  if (startsWith(bytes, ZIP_START)) {
    const dicts = collect(openTorchArchive(bytes, limits));
    if (dicts.length === 0)
      throw new FieldFileError('unknown-names', 'the file of torch.save holds no dictionary of tensors');
    return { dicts, metadata: {} };
  }
  const { tensors, metadata } = decodeSafetensors(bytes, limits);
  const lazy = [...tensors].map(([name, { shape, data }]): [string, StateTensor] => [
    name,
    { shape, read: () => data },
  ]);
  return { dicts: [{ path: '', tensors: new Map(lazy) }], metadata };
};

/** Where a state dict stands, for an error. */
export const describePath = (path: string): string =>
  path === '' ? 'the state dict' : `the state dict under '${listNames([path])}'`;
