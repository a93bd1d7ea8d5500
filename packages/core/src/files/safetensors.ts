/**
 * @file The safetensors format: named arrays in one file, which cannot run code when it is read.
 *
 *     u64 n            the length of the header, little-endian, at most 100 MB
 *     n bytes          a JSON object { name: { dtype, shape, data_offsets: [begin, end] }, ..., __metadata__?: { key: string } }
 *     the rest         the arrays, row-major and little-endian; the offsets count from the first of these bytes
 *
 * The arrays must cover the rest without gaps and overlaps, so a file cannot contain hidden data. Reference: the
 * format's description in the README of github.com/huggingface/safetensors, and its `SafeTensors::deserialize`.
 *
 * Elements are copied between file and arrays byte by byte: every platform that runs JavaScript today is little-endian.
 */

import { ExplainedError } from '../explained-error.ts';
import { assertOptions } from '../options.ts';
import { printable } from '../printable.ts';
import { describeForeignFile } from './foreign-file.ts';
import { widenBfloat16, widenFloat16 } from './half-floats.ts';
import { findDuplicateKey, isNestedAtMost } from './json-scan.ts';

/** The arrays that a file can contain. */
export type SafetensorsArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** The supported element types, by their names in the file. */
export type SafetensorsDtype =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

/** An array with its shape, row-major. */
export interface ShapedArray<A extends SafetensorsArray = SafetensorsArray> {
  readonly shape: readonly number[];
  readonly data: A;
}

/** An array to write. */
export interface EncodableArray extends ShapedArray {
  /** What the words of a `Uint16Array` are; integers if absent. */
  readonly words?: 'F16' | 'BF16';
}

/** An array read from a file. */
export interface SafetensorsTensor extends ShapedArray {
  /** The element type in the file. F64, F16 and BF16 are read as `Float32Array`; BOOL as `Uint8Array` of 0 and 1. */
  readonly dtype: SafetensorsDtype;
}

/** The content of a file. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/** Whether a file was decoded already. */
export const isDecoded = (file: Uint8Array | SafetensorsFile): file is SafetensorsFile =>
  (file as Partial<SafetensorsFile> | undefined)?.tensors instanceof Map;

/** The kind of error in a file. */
export type SafetensorsProblem =
  /** The bytes are of another format, which the message names. */
  | 'not-safetensors'
  /** The bytes end before the end of the header or the last array. */
  | 'truncated'
  /** The header's claimed length exceeds the limit, 100 MB unless specified otherwise. */
  | 'header-too-large'
  /** The header is not a JSON object of the required structure. */
  | 'invalid-header'
  /** A duplicate name or metadata key. */
  | 'duplicate-key'
  /** The element type is not one of `SafetensorsDtype`. */
  | 'unknown-dtype'
  /** The number of bytes of an array does not match its shape and element type. */
  | 'wrong-size'
  /** Two arrays share bytes. */
  | 'overlap'
  /** Some bytes belong to no array. */
  | 'gap';

/** Thrown for bytes that are not a valid safetensors file. */
export class SafetensorsError extends ExplainedError {
  override readonly name = 'SafetensorsError';
  readonly problem: SafetensorsProblem;

  /** @param reason without the word `safetensors`, with which the message begins */
  constructor(problem: SafetensorsProblem, reason: string) {
    super('safetensors', printable(reason));
    this.problem = problem;
  }
}

/** The limits of a reader. */
export interface SafetensorsLimits {
  /**
   * The length of the header in bytes; 100,000,000 if absent, the limit of the reference implementation
   * (`MAX_HEADER_SIZE`). Reading takes memory of up to 60 times this length.
   */
  readonly maxHeaderBytes?: number;
}

const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const OPENING_BRACE = 0x7b;
/** The header is padded so that the arrays begin at a multiple of this, as in the reference implementation. */
const ALIGNMENT = 8;
/** `{ name: { shape: [] } }` */
const HEADER_DEPTH = 3;
const METADATA = '__metadata__';

interface DtypeRule {
  readonly bytes: number;
  /** @param buffer a buffer that contains only this array */
  read(buffer: ArrayBuffer): SafetensorsArray;
}

const dtypes: ReadonlyMap<string, DtypeRule> = new Map<SafetensorsDtype, DtypeRule>([
  ['F64', { bytes: 8, read: buffer => new Float32Array(new Float64Array(buffer)) }],
  ['F32', { bytes: 4, read: buffer => new Float32Array(buffer) }],
  ['F16', { bytes: 2, read: buffer => widenFloat16(new Uint16Array(buffer)) }],
  ['BF16', { bytes: 2, read: buffer => widenBfloat16(new Uint16Array(buffer)) }],
  ['I64', { bytes: 8, read: buffer => new BigInt64Array(buffer) }],
  ['I32', { bytes: 4, read: buffer => new Int32Array(buffer) }],
  ['I16', { bytes: 2, read: buffer => new Int16Array(buffer) }],
  ['I8', { bytes: 1, read: buffer => new Int8Array(buffer) }],
  ['U64', { bytes: 8, read: buffer => new BigUint64Array(buffer) }],
  ['U32', { bytes: 4, read: buffer => new Uint32Array(buffer) }],
  ['U16', { bytes: 2, read: buffer => new Uint16Array(buffer) }],
  ['U8', { bytes: 1, read: buffer => new Uint8Array(buffer) }],
  ['BOOL', { bytes: 1, read: buffer => new Uint8Array(buffer) }],
]);

const dtypeOf = ({ data, words }: EncodableArray): SafetensorsDtype => {
  if (words !== undefined) {
    if (data instanceof Uint16Array) return words;
    throw new TypeError(`safetensors: the words of ${words} must be a Uint16Array`);
  }
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof Int16Array) return 'I16';
  if (data instanceof Uint16Array) return 'U16';
  if (data instanceof Int8Array) return 'I8';
  if (data instanceof Uint8Array) return 'U8';
  if (data instanceof BigInt64Array) return 'I64';
  if (data instanceof BigUint64Array) return 'U64';
  throw new TypeError('safetensors: data must be a typed array of floats or integers');
};

/** The maximum number of sizes of a shape in an error message: every array of a network has fewer. */
const SHOWN_SIZES = 8;

const describeShape = (shape: readonly number[]): string =>
  `[${shape.slice(0, SHOWN_SIZES).join(', ')}${shape.length > SHOWN_SIZES ? ', ...' : ''}]`;

/** The number of elements, or `undefined` if a size is not a count or the product is not exact. */
const countElements = (shape: readonly unknown[]): number | undefined => {
  let count = 1;
  for (const size of shape) {
    if (!(Number.isSafeInteger(size) && (size as number) >= 0)) return undefined;
    count *= size as number;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const show = (value: unknown): string => {
  // Truncated before quoting: a text may be a hundred megabytes long.
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 60) : value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

/** The header's text, after validation of its length. */
const readHeaderText = (bytes: Uint8Array, maxHeaderBytes: number): { text: string; dataStart: number } => {
  const length =
    bytes.length < LENGTH_BYTES ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const begins =
    length !== undefined && length <= maxHeaderBytes && (bytes[LENGTH_BYTES] ?? OPENING_BRACE) === OPENING_BRACE;
  const looksLike = begins ? undefined : bytes.length === 0 ? 'an empty file' : describeForeignFile(bytes);
  if (looksLike !== undefined)
    throw new SafetensorsError('not-safetensors', `this looks like ${looksLike}, not like a safetensors file`);
  if (length === undefined)
    throw new SafetensorsError('truncated', `a file has at least ${LENGTH_BYTES} bytes, got ${bytes.length}`);
  if (length > maxHeaderBytes)
    throw new SafetensorsError(
      'header-too-large',
      `the header may have at most ${maxHeaderBytes} bytes, this one claims ${length}`,
    );
  const dataStart = LENGTH_BYTES + Number(length);
  const available = bytes.length - LENGTH_BYTES;
  if (length > available)
    throw new SafetensorsError('truncated', `the header has ${length} bytes, the file ends after ${available} of them`);
  if (length === 0n || !begins) throw new SafetensorsError('invalid-header', "the header must begin with '{'");
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(LENGTH_BYTES, dataStart),
    );
    return { text, dataStart };
  } catch {
    throw new SafetensorsError('invalid-header', 'the header must be UTF-8, some of its bytes are not');
  }
};

const parseHeader = (text: string): Record<string, unknown> => {
  if (!isNestedAtMost(text, HEADER_DEPTH))
    throw new SafetensorsError(
      'invalid-header',
      `the header may be nested ${HEADER_DEPTH} levels deep, this one goes deeper`,
    );
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw new SafetensorsError(
      'invalid-header',
      `the header must be JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined)
    throw new SafetensorsError('duplicate-key', `the header has the key ${show(duplicate)} twice`);
  return header as Record<string, unknown>; // it began with '{'
};

/**
 * The metadata as an object without a prototype, so that keys such as `constructor` are absent unless the file has
 * them.
 */
const checkMetadata = (metadata: unknown): Readonly<Record<string, string>> => {
  if (!isObject(metadata))
    throw new SafetensorsError('invalid-header', `${METADATA} must be an object, got ${show(metadata)}`);
  // Look for the key only when there is an error: there may be millions of keys.
  if (!Object.values(metadata).every(value => typeof value === 'string')) {
    const [key, value] = Object.entries(metadata).find(entry => typeof entry[1] !== 'string') ?? [];
    throw new SafetensorsError(
      'invalid-header',
      `${METADATA} must map strings to strings, got ${show(value)} for ${show(key)}`,
    );
  }
  return Object.setPrototypeOf(metadata, null) as Record<string, string>;
};

interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly rule: DtypeRule;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const checkEntry = (name: string, entry: unknown): HeaderEntry => {
  const where = `tensor ${show(name)}`;
  if (!isObject(entry))
    throw new SafetensorsError('invalid-header', `${where} must be { dtype, shape, data_offsets }, got ${show(entry)}`);
  const { dtype, shape, data_offsets: offsets, ...rest } = entry;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    throw new SafetensorsError(
      'invalid-header',
      `${where} must have only dtype, shape and data_offsets, got also ${show(unknown)}`,
    );
  if (typeof dtype !== 'string')
    throw new SafetensorsError('invalid-header', `${where}: dtype must be a string, got ${show(dtype)}`);
  const rule = dtypes.get(dtype);
  if (rule === undefined)
    throw new SafetensorsError(
      'unknown-dtype',
      `${where}: dtype must be one of ${[...dtypes.keys()].join(', ')}, got ${show(dtype)}`,
    );
  const count = Array.isArray(shape) ? countElements(shape) : undefined;
  if (count === undefined)
    throw new SafetensorsError(
      'invalid-header',
      `${where}: shape must be a list of counts with a product below 2^53, got ${show(shape)}`,
    );
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (
    !(
      Number.isSafeInteger(begin) &&
      Number.isSafeInteger(end) &&
      (begin as number) >= 0 &&
      (end as number) >= (begin as number)
    )
  )
    throw new SafetensorsError(
      'invalid-header',
      `${where}: data_offsets must be [begin, end] with begin <= end, got ${show(offsets)}`,
    );
  const size = (end as number) - (begin as number);
  if (size !== count * rule.bytes)
    throw new SafetensorsError(
      'wrong-size',
      `${where}: ${dtype} ${describeShape(shape as number[])} takes ${count * rule.bytes} bytes, data_offsets has ${size}`,
    );
  return {
    name,
    dtype: dtype as SafetensorsDtype,
    rule,
    shape: shape as number[],
    begin: begin as number,
    end: end as number,
  };
};

/** @param entries sorted by their offsets */
const checkCover = (entries: readonly HeaderEntry[], available: number): void => {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered)
      throw new SafetensorsError(
        'overlap',
        `tensor ${show(name)} begins at ${begin}, the one before it ends at ${covered}`,
      );
    if (begin > covered)
      throw new SafetensorsError(
        'gap',
        `tensor ${show(name)} begins at ${begin}, bytes ${covered} to ${begin} belong to no tensor`,
      );
    covered = end;
  }
  if (covered > available)
    throw new SafetensorsError(
      'truncated',
      `the tensors take ${covered} bytes, the file ends after ${available} of them`,
    );
  if (covered < available)
    throw new SafetensorsError(
      'gap',
      `the tensors take ${covered} bytes, ${available - covered} more follow that belong to no tensor`,
    );
};

/**
 * Reads a safetensors file. The arrays are copies: they stay valid when `bytes` changes.
 *
 * F64, F16 and BF16 come as float32. A float64 is rounded to the nearest float32, or to an infinity beyond its range.
 * Time is linear in the length of the file; memory is at most three times that of the arrays and sixty times that of
 * the header.
 *
 * @param bytes the whole file
 * @throws SafetensorsError when the bytes are not a valid file; its `problem` says why
 */
export const decodeSafetensors = (bytes: Uint8Array, options: SafetensorsLimits = {}): SafetensorsFile => {
  assertOptions('decodeSafetensors', options, { maxHeaderBytes: 1 });
  const { maxHeaderBytes = MAX_HEADER_BYTES } = options;

  if (!(bytes instanceof Uint8Array)) throw new TypeError('decodeSafetensors: bytes must be a Uint8Array');
  const { text, dataStart } = readHeaderText(bytes, maxHeaderBytes);
  const header = Object.entries(parseHeader(text));
  const metadata = header.find(([name]) => name === METADATA)?.[1] ?? {};
  const entries = header
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => checkEntry(name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCover(entries, bytes.length - dataStart);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, rule, shape, begin, end } of entries) {
    // A copy in a separate buffer: offsets need not be multiples of the element size, and `slice` of a Node Buffer
    // shares memory.
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, { dtype, shape, data: rule.read(copy.buffer) });
  }
  return { metadata: checkMetadata(metadata), tensors };
};

const assertText = (what: string, text: string): void => {
  // UTF-8 cannot encode a lone surrogate.
  if (/\p{Surrogate}/u.test(text))
    throw new RangeError(`encodeSafetensors: ${what} must be well-formed Unicode, got ${show(text)}`);
};

/**
 * Writes a safetensors file. Equal input gives equal bytes: the arrays and the keys of `metadata` keep the given order.
 *
 * @param tensors by name; the element type follows from the array (a `Float32Array` is written as F32, and so on), or
 *   from `words`
 * @param metadata free text by key
 * @throws RangeError when a shape does not fit its data, a name is `__metadata__` or not well-formed Unicode, or the
 *   header exceeds 100 MB
 */
export const encodeSafetensors = (
  tensors: ReadonlyMap<string, EncodableArray>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> => {
  const parts: string[] = [];
  const metadataEntries = Object.entries(metadata);
  for (const [key, value] of metadataEntries) {
    if (typeof value !== 'string')
      throw new TypeError(`encodeSafetensors: metadata ${show(key)} must be a string, got ${show(value)}`);
    assertText('a metadata key', key);
    assertText(`metadata ${show(key)}`, value);
  }
  if (metadataEntries.length > 0) parts.push(`"${METADATA}":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, array] of tensors) {
    const { shape, data } = array;
    assertText('a tensor name', name);
    if (name === METADATA) throw new RangeError(`encodeSafetensors: a tensor may not be named ${METADATA}`);
    if (countElements(shape) !== data.length)
      throw new RangeError(
        `encodeSafetensors: tensor ${show(name)} of shape ${describeShape(shape)} has ${data.length} elements`,
      );
    const begin = end;
    end += data.byteLength;
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${dtypeOf(array)}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`,
    );
  }
  const header = new TextEncoder().encode(`{${parts.join(',')}}`);
  const headerBytes = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new RangeError(
      `encodeSafetensors: the header may have at most ${MAX_HEADER_BYTES} bytes, this one has ${headerBytes}`,
    );
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(header, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + header.length, LENGTH_BYTES + headerBytes);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
};
