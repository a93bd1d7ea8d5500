import { ShapeError } from '../../shape-error.ts';
import { createCursor, nextWordAnywhere, quoteWord, wordAsNumber } from '../../text/text-cursor.ts';
import type { PlyHeader, PlyType } from './ply-header.ts';

/** Reads the data of a PLY file number by number. */
export interface PlyNumbers {
  /** The next number. @throws EndOfData */
  next(type: PlyType): number;
  /** Skips numbers. @throws EndOfData */
  skip(type: PlyType, count: number): void;
  /** The number of remaining bytes: an upper bound on the remaining numbers. */
  left(): number;
  /** The number of bytes after the last number that was read, without white space in text. */
  rest(): number;
}

/** The data are shorter than the header declares. */
export class EndOfData extends Error {}

const SIZES: Readonly<Record<PlyType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
};

const textNumbers = (bytes: Uint8Array, start: number): PlyNumbers => {
  const cursor = createCursor(bytes, start);
  const next = (): number => {
    if (!nextWordAnywhere(cursor)) throw new EndOfData();
    const value = wordAsNumber(cursor);
    if (value === undefined)
      throw new ShapeError(
        'damaged',
        'PLY',
        `wanted a number, got ${quoteWord(cursor)} in line ${cursor.line} of the data`,
      );
    return value;
  };
  return {
    next,
    skip: (_, count) => {
      for (let i = 0; i < count; i++) next();
    },
    left: () => (bytes.length - cursor.at + 1) / 2,
    rest: () => (nextWordAnywhere(cursor) ? bytes.length - cursor.start : 0),
  };
};

const binaryNumbers = (bytes: Uint8Array, start: number, little: boolean): PlyNumbers => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  const read: Readonly<Record<PlyType, (from: number) => number>> = {
    int8: from => data.getInt8(from),
    uint8: from => data.getUint8(from),
    int16: from => data.getInt16(from, little),
    uint16: from => data.getUint16(from, little),
    int32: from => data.getInt32(from, little),
    uint32: from => data.getUint32(from, little),
    float32: from => data.getFloat32(from, little),
    float64: from => data.getFloat64(from, little),
  };
  const advance = (length: number): number => {
    const from = at;
    if (length > data.byteLength - from) throw new EndOfData();
    at = from + length;
    return from;
  };
  return {
    next: type => read[type](advance(SIZES[type])),
    skip: (type, count) => {
      advance(SIZES[type] * count);
    },
    left: () => data.byteLength - at,
    rest: () => data.byteLength - at,
  };
};

/** Reads the data from `start` on. */
export const plyNumbers = (bytes: Uint8Array, { format }: PlyHeader, start: number): PlyNumbers =>
  format === 'ascii' ? textNumbers(bytes, start) : binaryNumbers(bytes, start, format === 'binary_little_endian');
