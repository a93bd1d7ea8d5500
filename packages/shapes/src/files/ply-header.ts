/**
 * @file The header of a PLY file, and the corners of its faces: Turk, "The PLY polygon file format", 1994. three decodes the data, but leaves out
 * faces of more than four corners and stops at the end of a text that is too short, both silently. So what the header promises is read here and
 * compared.
 */
import { ShapeError } from '../shape-error.ts';

const SIZES: Readonly<Record<string, number>> = {
  char: 1,
  int8: 1,
  uchar: 1,
  uint8: 1,
  short: 2,
  int16: 2,
  ushort: 2,
  uint16: 2,
  int: 4,
  int32: 4,
  uint: 4,
  uint32: 4,
  float: 4,
  float32: 4,
  double: 8,
  float64: 8,
};

interface PlyProperty {
  readonly name: string;
  readonly type: string;
  /** The type of a list's length; absent where the property is one number. */
  readonly countType?: string;
}

interface PlyElement {
  readonly name: string;
  readonly count: number;
  readonly properties: PlyProperty[];
}

/** What a PLY file says of itself. */
export interface PlyHeader {
  readonly format: string;
  readonly elements: readonly PlyElement[];
  /** Where the data begin. */
  readonly length: number;
}

/** Headers are short; what has none within this is no PLY file. */
const LONGEST_HEADER = 2 ** 20;

const readProperty = (words: readonly string[]): PlyProperty => {
  const [kind = '', ...rest] = words;
  const list = kind === 'list';
  const types = list ? rest.slice(0, 2) : [kind];
  const name = list ? rest[2] : rest[0];
  if (name === undefined || !types.every(type => type in SIZES))
    throw new ShapeError('damaged', `PLY header: 'property ${words.join(' ')}' is no property`);
  return list ? { name, countType: types[0]!, type: types[1]! } : { name, type: kind };
};

/**
 * @throws ShapeError `truncated`, `damaged` or `unsupported`
 */
export const readPlyHeader = (bytes: Uint8Array): PlyHeader => {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, LONGEST_HEADER));
  const end = /^end_header[ \t]*(\r\n|\n|\r)/m.exec(text);
  if (!end) throw new ShapeError('truncated', `PLY header: wanted a line 'end_header', got none in ${bytes.length} bytes`);
  let format: string | undefined;
  const elements: PlyElement[] = [];
  for (const line of text.slice(0, end.index).split(/\r\n|\r|\n/)) {
    const [keyword = '', ...words] = line.trim().split(/\s+/);
    if (keyword === 'format') format = words[0];
    if (keyword === 'element') {
      const count = Number(words[1]);
      if (!(words[0] && Number.isSafeInteger(count) && count >= 0))
        throw new ShapeError('damaged', `PLY header: '${line.trim()}' is no element`);
      elements.push({ name: words[0], count, properties: [] });
    }
    if (keyword === 'property') elements.at(-1)?.properties.push(readProperty(words));
  }
  if (format !== 'ascii' && format !== 'binary_little_endian' && format !== 'binary_big_endian')
    throw new ShapeError('unsupported', `PLY header: format must be ascii or binary, got ${format ?? 'none'}`);
  return { format, elements, length: end.index + end[0].length };
};

/** Gives the numbers of a PLY file one after the other. */
const numberReader = (bytes: Uint8Array, { format, length }: PlyHeader): ((type: string) => number) => {
  if (format === 'ascii') {
    const tokens = new TextDecoder('latin1').decode(bytes.subarray(length)).matchAll(/\S+/g);
    return () => {
      const { value, done } = tokens.next();
      if (done) throw new RangeError('the text ends');
      return Number(value[0]);
    };
  }
  const data = new DataView(bytes.buffer, bytes.byteOffset + length, bytes.byteLength - length);
  const little = format === 'binary_little_endian';
  let at = 0;
  return type => {
    const size = SIZES[type]!;
    const start = at;
    at += size;
    if (at > data.byteLength) throw new RangeError('the bytes end');
    if (size === 8 || type.startsWith('float'))
      return size === 8 ? data.getFloat64(start, little) : data.getFloat32(start, little);
    if (size === 1) return data.getUint8(start);
    return size === 2 ? data.getUint16(start, little) : data.getUint32(start, little);
  };
};

/**
 * Reads through the data, and counts the triangles that the faces make when each is cut from its first corner.
 *
 * @throws ShapeError `truncated` when the data end early, `not-finite` when a vertex has such a number, `unsupported` when a face has more than four corners, `damaged` when one has fewer than three
 */
export const countPlyTriangles = (bytes: Uint8Array, header: PlyHeader): number => {
  const next = numberReader(bytes, header);
  let triangles = 0;
  for (const { name, count, properties } of header.elements)
    for (let row = 0; row < count; row++) {
      try {
        for (const property of properties) {
          const numbers = property.countType ? next(property.countType) : 1;
          for (let i = 0; i < numbers; i++) {
            const value = next(property.type);
            // three would report it on the console.
            if (name === 'vertex' && !Number.isFinite(value))
              throw new ShapeError(
                'not-finite',
                `PLY vertices must be finite numbers, got ${value} as ${property.name} of vertex ${row}`,
              );
          }
          if (name !== 'face' || !/^vertex_ind(ices|ex)$/.test(property.name)) continue;
          if (numbers > 4)
            throw new ShapeError(
              'unsupported',
              `PLY faces must have 3 or 4 corners, got ${numbers} in face ${row}: cut them into triangles`,
            );
          if (numbers < 3) throw new ShapeError('damaged', `PLY faces must have 3 or 4 corners, got ${numbers} in face ${row}`);
          triangles += numbers - 2;
        }
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new ShapeError('truncated', `the PLY file ends early: in ${name} ${row} of ${count}`, { cause: error });
      }
    }
  return triangles;
};
