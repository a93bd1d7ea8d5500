/**
 * @file The numeric arrays in MATLAB files of version 5, which `save -v6`, `save -v7` and SciPy's `savemat` write:
 *   "MAT-File Format", The MathWorks. A header of 128 bytes, then elements, of which only arrays are read here.
 */
import {
  BYTES_PER_NUMBER,
  type Bytes,
  COMPRESSED,
  type Element,
  inflateHead,
  inflateWhole,
  MATRIX,
  MatlabError,
  readElement,
  readNumbers,
} from './matlab-elements.ts';

/** A numeric array. */
export interface MatlabArray {
  readonly shape: readonly number[];
  /** In column-major order: the element in row i and column j has the index i + rows j. */
  readonly real: Float64Array;
  /** Absent when the array is real. */
  readonly imaginary?: Float64Array | undefined;
}

/** What to read. */
export interface DecodeMatlabOptions {
  /** The names of the arrays to read; all if absent. Of the others, only the name and the sizes are read. */
  readonly variables?: readonly string[] | undefined;
  /** The maximum number of values in all arrays together, a complex value counting as two; 262,144 if absent. */
  readonly maxNumbers?: number;
}

/** The contents of a file. */
export interface MatlabFile {
  /** The names of all its numeric arrays. */
  readonly names: readonly string[];
  /** The requested arrays, by name. */
  readonly arrays: ReadonlyMap<string, MatlabArray>;
}

/**
 * The classes of numeric arrays, from double to uint64; those before are cells, structures, objects, text and sparse
 * arrays.
 */
const NUMERIC = { first: 6, last: 15 } as const;
const COMPLEX = 0x0800;

const HEADER = 128;
/** MATLAB's own limit is 63. */
const LONGEST_NAME = 255;
const MAX_DIMENSIONS = 32;
/** The maximum number of bytes that an array takes besides its values. */
const OVERHEAD = 4096;

/** What precedes the values of an array. */
interface Head {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly complex: boolean;
  /** Where the values begin. */
  readonly at: number;
}

/** Reads the head of an array; `undefined` if the array is not numeric. */
const readHead = (matrix: Bytes): Head | undefined => {
  const flags = readElement(matrix, 0);
  const bits = readNumbers(flags, 2)[0] ?? 0;
  const kind = bits & 0xff;
  if (kind < NUMERIC.first || kind > NUMERIC.last) return undefined;
  const dimensions = readElement(matrix, flags.next);
  const shape = [...readNumbers(dimensions, MAX_DIMENSIONS)];
  const named = readElement(matrix, dimensions.next);
  const name = String.fromCharCode(...readNumbers(named, LONGEST_NAME));
  if (!shape.every(length => Number.isInteger(length) && length >= 0))
    throw new MatlabError('damaged', `'${name}' has ${shape.join(' x ')} numbers`);
  const count = shape.reduce((product, length) => product * length, 1);
  return { name, shape, count, complex: (bits & COMPLEX) !== 0, at: named.next };
};

const readMatrix = (matrix: Bytes, { name, shape, count, complex, at }: Head): MatlabArray => {
  const numbersOf = (element: Element): Float64Array => {
    const values = readNumbers(element, count);
    if (values.length !== count)
      throw new MatlabError('damaged', `'${name}' must have ${shape.join(' x ')} numbers, got ${values.length}`);
    return values;
  };
  const real = readElement(matrix, at);
  return {
    shape,
    real: numbersOf(real),
    ...(complex && { imaginary: numbersOf(readElement(matrix, real.next)) }),
  };
};

/** @returns whether the file is little-endian */
const readHeader = (file: DataView): boolean => {
  const text = String.fromCharCode(...new Uint8Array(file.buffer, file.byteOffset, Math.min(19, file.byteLength)));
  if (text === 'MATLAB 7.3 MAT-file')
    throw new MatlabError(
      'unsupported',
      'wanted a MATLAB file of version 5 to 7, got one of 7.3, which is HDF5: save it with -v7',
    );
  const order = file.byteLength < HEADER ? '' : String.fromCharCode(file.getUint8(126), file.getUint8(127));
  if (order !== 'IM' && order !== 'MI')
    throw new MatlabError(
      'not-matlab',
      `wanted a MATLAB file of version 5, got ${file.byteLength} bytes that are none`,
    );
  return order === 'IM';
};

/** The array inside a compressed element, whole or only its head. */
const matrixIn = (inflated: Bytes): Bytes | undefined => {
  // When only the head was inflated, the data is shorter than its tag says.
  if (inflated.data.byteLength < 8) throw new MatlabError('truncated', 'a compressed array ends before it begins');
  if (inflated.data.getUint32(0, inflated.little) !== MATRIX) return undefined;
  const { data, little } = inflated;
  return { data: new DataView(data.buffer, data.byteOffset + 8), little };
};

/**
 * Reads numeric arrays of a MATLAB file of version 5, compressed or not, by name. Text, cells, structures and sparse
 * arrays are skipped.
 *
 * Only the first KiB of a compressed array is inflated to read its name and sizes; the whole array is inflated only if
 * it was requested and is within the limit. Memory use is therefore at most 1 MiB plus 24 bytes for each of
 * `maxNumbers`, besides the file itself.
 *
 * @throws MatlabError when the bytes are not such a file, are truncated, or hold more values than the limit
 */
export const decodeMatlab = (file: Uint8Array, options: DecodeMatlabOptions = {}): MatlabFile => {
  const { variables, maxNumbers = 2 ** 18 } = options;
  const data = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = readHeader(data);
  const names: string[] = [];
  const arrays = new Map<string, MatlabArray>();
  let left = maxNumbers;
  for (let at = HEADER; at < file.byteLength; ) {
    const element = readElement({ data, little }, at);
    at = element.next;
    const packed = element.type === COMPRESSED;
    if (!packed && element.type !== MATRIX) continue;
    const seen = packed ? matrixIn(inflateHead(element)) : element;
    const head = seen && readHead(seen);
    if (!head) continue;
    const { name, count, complex } = head;
    names.push(name);
    if (variables && !variables.includes(name)) continue;
    const numbers = complex ? 2 * count : count;
    if (numbers > left)
      throw new MatlabError(
        'too-large',
        `'${name}' has ${head.shape.join(' x ')} numbers, and ${maxNumbers} are read at most`,
      );
    left -= numbers;
    const matrix = packed ? matrixIn(inflateWhole(element, OVERHEAD + BYTES_PER_NUMBER * numbers)) : element;
    arrays.set(name, readMatrix(matrix as Bytes, head));
  }
  return { names, arrays };
};
