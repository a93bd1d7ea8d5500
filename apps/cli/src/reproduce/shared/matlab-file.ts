/**
 * @file The numbers in MATLAB's files of version 5, which is what `save -v6`, `save -v7` and SciPy's `savemat` write: "MAT-File Format", The MathWorks.
 * A header of 128 bytes, then elements: a tag with a type and a length, then so many bytes, filled up to a multiple of 8.
 */
import { inflateSync } from 'node:zlib';
import ndarray, { type NdArray } from 'ndarray';

/** What is wrong with the bytes of a MATLAB file. */
export type MatlabProblem =
  /** They are not of a MATLAB file of version 5. */
  | 'not-matlab'
  /** They are, but of a kind that is not read here. */
  | 'unsupported'
  /** They end before an array does. */
  | 'truncated'
  /** They contradict themselves. */
  | 'damaged';

/** A MATLAB file cannot be read; `problem` says why in a form that a program can act on. */
export class MatlabError extends Error {
  override readonly name = 'MatlabError';
  readonly problem: MatlabProblem;

  constructor(problem: MatlabProblem, message: string, options?: ErrorOptions) {
    super(`decodeMatlab: ${message}`, options);
    this.problem = problem;
  }
}

/** An array of numbers, `f64[...shape]`. */
export interface MatlabArray {
  readonly real: NdArray<Float64Array>;
  /** Absent when the numbers are real. */
  readonly imaginary?: NdArray<Float64Array> | undefined;
}

/** The types of elements: how to read a number, and the bytes it takes. 64-bit integers lose what float64 cannot hold. */
const numbers: Readonly<Record<number, readonly [bytes: number, read: (data: DataView, at: number, little: boolean) => number]>> =
  {
    1: [1, (data, at) => data.getInt8(at)],
    2: [1, (data, at) => data.getUint8(at)],
    3: [2, (data, at, little) => data.getInt16(at, little)],
    4: [2, (data, at, little) => data.getUint16(at, little)],
    5: [4, (data, at, little) => data.getInt32(at, little)],
    6: [4, (data, at, little) => data.getUint32(at, little)],
    7: [4, (data, at, little) => data.getFloat32(at, little)],
    9: [8, (data, at, little) => data.getFloat64(at, little)],
    12: [8, (data, at, little) => Number(data.getBigInt64(at, little))],
    13: [8, (data, at, little) => Number(data.getBigUint64(at, little))],
  };
const MATRIX = 14;
const COMPRESSED = 15;

/** The classes of arrays of numbers, from double to uint64; those before are cells, structures, objects, text and sparse arrays. */
const NUMERIC = { first: 6, last: 15 } as const;
const COMPLEX = 0x0800;

const HEADER = 128;
/** An array larger than this, once inflated, is not one to compare waves with. */
const LARGEST = 2 ** 26;

/** Bytes, and the order of those of a number. */
interface Bytes {
  readonly data: DataView;
  readonly little: boolean;
}

interface Element extends Bytes {
  readonly type: number;
  /** Where the next one begins. */
  readonly next: number;
}

const part = ({ data }: Bytes, at: number, length: number): DataView => {
  if (at + length > data.byteLength)
    throw new MatlabError('truncated', `an element of ${length} bytes begins at ${at} of ${data.byteLength}`);
  return new DataView(data.buffer, data.byteOffset + at, length);
};

const readElement = (bytes: Bytes, at: number): Element => {
  const { little } = bytes;
  const tag = part(bytes, at, 8);
  const type = tag.getUint32(0, little);
  // Up to four bytes stand in the tag itself, and their number in the upper half of the type.
  if (type > 0xffff) return { type: type & 0xffff, data: part(bytes, at + 4, Math.min(4, type >>> 16)), little, next: at + 8 };
  const length = tag.getUint32(4, little);
  const filled = type === COMPRESSED ? length : 8 * Math.ceil(length / 8);
  return { type, data: part(bytes, at + 8, length), little, next: at + 8 + filled };
};

const readNumbers = ({ type, data, little }: Element): Float64Array => {
  const found = numbers[type];
  if (!found) throw new MatlabError('damaged', `wanted an element of numbers, got one of type ${type}`);
  const [size, read] = found;
  return Float64Array.from({ length: data.byteLength / size }, (_, i) => read(data, i * size, little));
};

const inflate = ({ data, little }: Element): Element => {
  const packed = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  try {
    const bytes = inflateSync(packed, { maxOutputLength: LARGEST });
    return readElement({ data: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), little }, 0);
  } catch (cause) {
    if (cause instanceof MatlabError) throw cause;
    throw new MatlabError('damaged', `a compressed array cannot be inflated: ${(cause as Error).message}`, { cause });
  }
};

/** A named array; `undefined` for one that is not of numbers. */
const readMatrix = (matrix: Element): readonly [name: string, MatlabArray] | undefined => {
  const flags = readElement(matrix, 0);
  const bits = readNumbers(flags)[0] ?? 0;
  const kind = bits & 0xff;
  if (kind < NUMERIC.first || kind > NUMERIC.last) return undefined;
  const dimensions = readElement(matrix, flags.next);
  const shape = [...readNumbers(dimensions)];
  const named = readElement(matrix, dimensions.next);
  const name = Array.from(readNumbers(named), code => String.fromCharCode(code)).join('');
  const count = shape.reduce((product, length) => product * length, 1);
  // Columns stand one after another.
  const stride = shape.map((_, k) => shape.slice(0, k).reduce((product, length) => product * length, 1));
  const array = (element: Element): NdArray<Float64Array> => {
    const values = readNumbers(element);
    if (values.length !== count)
      throw new MatlabError('damaged', `'${name}' must have ${shape.join(' x ')} numbers, got ${values.length}`);
    return ndarray(values, shape, stride);
  };
  const real = readElement(matrix, named.next);
  if ((bits & COMPLEX) === 0) return [name, { real: array(real) }];
  return [name, { real: array(real), imaginary: array(readElement(matrix, real.next)) }];
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
    throw new MatlabError('not-matlab', `wanted a MATLAB file of version 5, got ${file.byteLength} bytes that are none`);
  return order === 'IM';
};

/**
 * Reads the arrays of numbers of a MATLAB file of version 5, compressed or not, by their names. Text, cells, structures and sparse arrays are left
 * out.
 *
 * @throws MatlabError when the bytes are not such a file, or not a whole one
 */
export const decodeMatlab = (file: Uint8Array): ReadonlyMap<string, MatlabArray> => {
  const data = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = readHeader(data);
  const arrays = new Map<string, MatlabArray>();
  for (let at = HEADER; at < file.byteLength; ) {
    const element = readElement({ data, little }, at);
    at = element.next;
    const matrix = element.type === COMPRESSED ? inflate(element) : element;
    const found = matrix.type === MATRIX ? readMatrix(matrix) : undefined;
    if (found) arrays.set(...found);
  }
  return arrays;
};
