/**
 * @file The numbers in MATLAB's files of version 5, which is what `save -v6`, `save -v7` and SciPy's `savemat` write:
 *   "MAT-File Format", The MathWorks. A header of 128 bytes, then elements, of which those of arrays are read here.
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

/** An array of numbers. */
export interface MatlabArray {
  readonly shape: readonly number[];
  /** Columns one after another: that of row i and column j is number i + rows j. */
  readonly real: Float64Array;
  /** Absent when the numbers are real. */
  readonly imaginary?: Float64Array | undefined;
}

/** What is read. */
export interface DecodeMatlabOptions {
  /** The names of the arrays to read; all if absent. Others are only looked at as far as their names. */
  readonly variables?: readonly string[] | undefined;
  /** The most numbers that the arrays have together, the two of a complex one counted apart; 262,144 if absent. */
  readonly maxNumbers?: number;
}

/** What a file holds. */
export interface MatlabFile {
  /** Of all its arrays of numbers. */
  readonly names: readonly string[];
  /** Those that were asked for, by name. */
  readonly arrays: ReadonlyMap<string, MatlabArray>;
}

/**
 * The classes of arrays of numbers, from double to uint64; those before are cells, structures, objects, text and sparse
 * arrays.
 */
const NUMERIC = { first: 6, last: 15 } as const;
const COMPLEX = 0x0800;

const HEADER = 128;
/** Of MATLAB's own: 63. */
const LONGEST_NAME = 255;
const MAX_DIMENSIONS = 32;
/** What an array takes beside its numbers, at most. */
const OVERHEAD = 4096;

/** What stands before the numbers of an array. */
interface Head {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly complex: boolean;
  /** Where the numbers begin. */
  readonly at: number;
}

/** The head of an array; `undefined` for one that is not of numbers. */
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

/** @returns whether numbers have their least byte first */
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

/** The array that a compressed element represents, whole or as far as its head. */
const matrixIn = (inflated: Bytes): Bytes | undefined => {
  // The head alone is shorter than its tag says.
  if (inflated.data.byteLength < 8) throw new MatlabError('truncated', 'a compressed array ends before it begins');
  if (inflated.data.getUint32(0, inflated.little) !== MATRIX) return undefined;
  const { data, little } = inflated;
  return { data: new DataView(data.buffer, data.byteOffset + 8), little };
};

/**
 * Reads arrays of numbers of a MATLAB file of version 5, compressed or not, by their names. Text, cells, structures and
 * sparse arrays are left out.
 *
 * The first KiB of a compressed array is inflated to see its name and its sizes, and the whole only when it was asked
 * for and is within the limit. So no more memory is taken than 1 MiB and 24 bytes for each of `maxNumbers`, beside the
 * file itself.
 *
 * @throws MatlabError when the bytes are not such a file, or not a whole one, or hold more numbers than the limit
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
