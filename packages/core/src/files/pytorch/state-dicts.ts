/** @file Reads the state dicts of a file: the file is one, or a checkpoint of a training loop that contains some. */
import { listNames } from '../field-data.ts';
import { FieldFileError } from '../field-file-error.ts';
import {
  decodeSafetensors,
  isDecoded,
  type SafetensorsArray,
  type SafetensorsFile,
  type SafetensorsLimits,
} from '../safetensors.ts';
import { SETTINGS_KEY } from './settings.ts';
import { openTorchArchive, type TorchArchive, type TorchArchiveLimits } from './torch-archive.ts';
import { TorchTensor } from './torch-objects.ts';
import { PickleDict, type PickleValue } from './unpickler.ts';

/** A tensor whose elements are read on demand. */
export interface StateTensor {
  readonly shape: readonly number[];
  read(): SafetensorsArray;
}

/** Tensors by the names of a module's parameters and buffers. */
export interface StateDict {
  /** Its keys in a checkpoint, joined by dots; empty if the file is the state dict. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StateTensor>;
}

/** The content of a file. */
export interface StateDictFile {
  readonly dicts: readonly StateDict[];
  /** The metadata of a safetensors file, or the settings in a file of `torch.save`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Limits of both kinds of files. */
export interface StateDictLimits extends SafetensorsLimits, TorchArchiveLimits {}

/** The maximum nesting depth of a state dict in a checkpoint. */
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
 * PROTO 2 and the long 0x1950a86a20f9469cfc6c, the first bytes of files from before PyTorch 1.6:
 * `torch/serialization.py`, MAGIC_NUMBER.
 */
const LEGACY_START = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const ZIP_START = [0x50, 0x4b, 3, 4];

/**
 * Whether the bytes may be a `.pt` or `.pth` of `torch.save`, in the current format or that of before PyTorch 1.6:
 * `importPytorch` reads it, or says why not.
 */
export const isTorchFile = (bytes: Uint8Array): boolean =>
  startsWith(bytes, ZIP_START) || startsWith(bytes, LEGACY_START);

/** A decoded safetensors file as one state dict. */
const fromSafetensors = ({ tensors, metadata }: SafetensorsFile): StateDictFile => {
  const lazy = [...tensors].map(([name, { shape, data }]): [string, StateTensor] => [
    name,
    { shape, read: () => data },
  ]);
  return { dicts: [{ path: '', tensors: new Map(lazy) }], metadata };
};

/**
 * The state dicts of a safetensors file, or of a `.pt` or `.pth` of `torch.save`.
 *
 * @throws SafetensorsError or FieldFileError when the bytes are neither, or damaged
 */
export const readStateDicts = (file: Uint8Array | SafetensorsFile, limits: StateDictLimits): StateDictFile => {
  if (isDecoded(file)) return fromSafetensors(file);
  if (!(file instanceof Uint8Array))
    throw new TypeError('importPytorch: file must be a Uint8Array, or what decodeSafetensors returns');
  if (startsWith(file, LEGACY_START))
    throw new FieldFileError(
      'refused-pickle',
      'this is a file of torch.save before PyTorch 1.6, or of _use_new_zipfile_serialization=False; ' +
        'load it in PyTorch and save it again with torch.save(model.state_dict(), path)',
    );
  if (startsWith(file, ZIP_START)) {
    const archive = openTorchArchive(file, limits);
    const dicts = collect(archive);
    if (dicts.length === 0)
      throw new FieldFileError('unknown-names', 'the file of torch.save has no dictionary of tensors');
    const settings = archive.extra(SETTINGS_KEY);
    return { dicts, metadata: settings === undefined ? {} : { [SETTINGS_KEY]: settings } };
  }
  const { maxHeaderBytes } = limits;
  return fromSafetensors(decodeSafetensors(file, maxHeaderBytes === undefined ? {} : { maxHeaderBytes }));
};

/** The location of a state dict, for an error message. */
export const describePath = (path: string): string =>
  path === '' ? 'the state dict' : `the state dict under '${listNames([path])}'`;
