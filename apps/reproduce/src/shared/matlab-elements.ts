/**
 * @file The elements of MATLAB files of version 5: a tag with a type and a length, then that many bytes, padded to a
 *   multiple of 8. A compressed element contains another element: the size of the inflated data is limited before it is
 *   inflated.
 */
import { inflateSync, constants as zlib } from 'node:zlib';
import { ExplainedError } from '@neural-fields/core';

/** What is wrong with the bytes of a MATLAB file. */
export type MatlabProblem =
  /** Not a MATLAB file of version 5. */
  | 'not-matlab'
  /** A MATLAB file, but of a kind that is not supported. */
  | 'unsupported'
  /** The bytes end before an array does. */
  | 'truncated'
  /** The bytes are inconsistent. */
  | 'damaged'
  /** The file holds more values than the limit. */
  | 'too-large';

/** Thrown when a MATLAB file cannot be read; `problem` is the machine-readable reason. */
export class MatlabError extends ExplainedError {
  override readonly name = 'MatlabError';
  readonly problem: MatlabProblem;

  constructor(problem: MatlabProblem, reason: string, options?: ErrorOptions) {
    super('decodeMatlab', reason, options);
    this.problem = problem;
  }
}

/** The numeric types: the bytes per value, and how to read one. 64-bit integers are rounded to float64. */
const numbers: ReadonlyMap<
  number,
  { readonly bytes: number; readonly read: (data: DataView, at: number, little: boolean) => number }
> = new Map([
  [1, { bytes: 1, read: (data, at) => data.getInt8(at) }],
  [2, { bytes: 1, read: (data, at) => data.getUint8(at) }],
  [3, { bytes: 2, read: (data, at, little) => data.getInt16(at, little) }],
  [4, { bytes: 2, read: (data, at, little) => data.getUint16(at, little) }],
  [5, { bytes: 4, read: (data, at, little) => data.getInt32(at, little) }],
  [6, { bytes: 4, read: (data, at, little) => data.getUint32(at, little) }],
  [7, { bytes: 4, read: (data, at, little) => data.getFloat32(at, little) }],
  [9, { bytes: 8, read: (data, at, little) => data.getFloat64(at, little) }],
  [12, { bytes: 8, read: (data, at, little) => Number(data.getBigInt64(at, little)) }],
  [13, { bytes: 8, read: (data, at, little) => Number(data.getBigUint64(at, little)) }],
]);

/** The type of an element that is an array. */
export const MATRIX = 14;
/** The type of an element that contains another one, compressed with zlib. */
export const COMPRESSED = 15;

/** The maximum number of bytes per value. */
export const BYTES_PER_NUMBER = 8;

/** Bytes, with their byte order. */
export interface Bytes {
  readonly data: DataView;
  readonly little: boolean;
}

/** An element. */
export interface Element extends Bytes {
  readonly type: number;
  /** Where the next element begins. */
  readonly next: number;
}

const part = ({ data }: Bytes, at: number, length: number): DataView => {
  if (at + length > data.byteLength)
    throw new MatlabError('truncated', `an element of ${length} bytes begins at ${at} of ${data.byteLength}`);
  return new DataView(data.buffer, data.byteOffset + at, length);
};

/** Reads the element at an offset. @throws MatlabError when the bytes end before it does */
export const readElement = (bytes: Bytes, at: number): Element => {
  const { little } = bytes;
  const tag = part(bytes, at, 8);
  const type = tag.getUint32(0, little);
  // A small element stores up to four bytes in the tag itself, and their count in the upper half of the type.
  if (type > 0xffff) {
    const length = type >>> 16;
    if (length > 4) throw new MatlabError('damaged', `a small element must have at most 4 bytes, got ${length}`);
    return { type: type & 0xffff, data: part(bytes, at + 4, length), little, next: at + 8 };
  }
  const length = tag.getUint32(4, little);
  const filled = type === COMPRESSED ? length : 8 * Math.ceil(length / 8);
  return { type, data: part(bytes, at + 8, length), little, next: at + 8 + filled };
};

/** Reads the values of an element. @throws MatlabError when there are more than `most`, or it is not numeric */
export const readNumbers = ({ type, data, little }: Element, most: number): Float64Array => {
  const found = numbers.get(type);
  if (!found) throw new MatlabError('damaged', `wanted an element of numbers, got one of type ${type}`);
  const count = data.byteLength / found.bytes;
  if (!Number.isInteger(count) || count > most)
    throw new MatlabError(
      'damaged',
      `wanted at most ${most} numbers of ${found.bytes} bytes, got ${data.byteLength} bytes`,
    );
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = found.read(data, i * found.bytes, little);
  return values;
};

const inflate = (
  { data, little }: Element,
  { from, most }: { readonly from: number; readonly most: number },
): Bytes => {
  const packed = new Uint8Array(data.buffer, data.byteOffset, Math.min(from, data.byteLength));
  try {
    const flush = packed.length < data.byteLength ? zlib.Z_SYNC_FLUSH : zlib.Z_FINISH;
    const bytes = inflateSync(packed, { finishFlush: flush, maxOutputLength: most });
    return { data: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), little };
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        ? 'it is larger than it says'
        : (cause as Error).message;
    throw new MatlabError('damaged', `a compressed array cannot be inflated: ${reason}`, { cause });
  }
};

/**
 * The number of compressed bytes that are inflated to read an array's name and sizes: together with the compression
 * tables, these take about 500.
 */
const HEAD = 1024;
/** The maximum compression ratio of zlib. */
const LARGEST_RATIO = 1032;

/** The first bytes of the element inside a compressed one: at most 1 MiB. */
export const inflateHead = (element: Element): Bytes => inflate(element, { from: HEAD, most: HEAD * LARGEST_RATIO });

/** The whole element inside a compressed one, which must not have more than `most` bytes. */
export const inflateWhole = (element: Element, most: number): Bytes =>
  inflate(element, { from: Number.POSITIVE_INFINITY, most });
