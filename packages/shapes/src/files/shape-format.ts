import { describeBytes } from '../bytes/describe-bytes.ts';
import { ShapeError } from '../shape-error.ts';
import { parseNumber } from '../text/parse-number.ts';
import { createRow, separatorOf, splitRow } from '../text/table-row.ts';
import { createCursor, isLineEnd, nextLine, nextWord, nextWordAnywhere, wordAsText } from '../text/text-cursor.ts';
import { isObjKeyword } from './decode-obj.ts';

/** The formats that can be decoded: Stanford polygons, Wavefront objects, stereolithography, and columns of numbers. */
export type ShapeFormat = 'ply' | 'obj' | 'stl' | 'xyz';

/** Extensions that determine the format. */
const EXTENSIONS: ReadonlyMap<string, ShapeFormat> = new Map([
  ['ply', 'ply'],
  ['obj', 'obj'],
  ['stl', 'stl'],
  ['xyz', 'xyz'],
  ['xyzn', 'xyz'],
  ['xyzrgb', 'xyz'],
  ['xyzi', 'xyz'],
]);

/** The bytes of a binary STL before its triangles: a header of 80 bytes, and their count. */
export const STL_HEADER = 84;
/** The bytes per triangle in a binary STL. */
export const STL_TRIANGLE = 50;

/** The number of bytes that are examined to detect the format. */
const START = 2 ** 16;

/**
 * Whether a file begins with bytes that do not occur in text. The triangle count of a binary STL has such a byte too,
 * even if its header is text.
 */
export const isBinary = (bytes: Uint8Array): boolean =>
  bytes.subarray(0, 4096).some(byte => byte < 9) || isWholeBinaryStl(bytes);

const stlLength = (bytes: Uint8Array): number =>
  bytes.length < STL_HEADER
    ? Number.NaN
    : STL_HEADER + STL_TRIANGLE * new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(80, true);

const isWholeBinaryStl = (bytes: Uint8Array): boolean => stlLength(bytes) === bytes.length;

const isTable = (bytes: Uint8Array, from: number): boolean => {
  let to = from;
  while (to < bytes.length && !isLineEnd(bytes[to])) to++;
  const row = createRow();
  splitRow(bytes, from, to, separatorOf(bytes, from, to), row);
  const numbers = [0, 1, 2].slice(0, Math.max(1, row.count));
  return numbers.every(
    column => parseNumber(bytes, row.bounds[2 * column]!, row.bounds[2 * column + 1]!) !== undefined,
  );
};

const formatOfText = (bytes: Uint8Array): ShapeFormat | undefined => {
  const cursor = createCursor(bytes);
  let lines = 0;
  do {
    const from = cursor.at;
    if (!nextWord(cursor)) continue;
    const word = wordAsText(cursor);
    if (word.startsWith('#') || word.startsWith('//')) continue;
    if (lines === 0 && /^solid$/i.test(word)) {
      nextLine(cursor);
      return nextWordAnywhere(cursor) && /^(facet|end|endsolid)$/i.test(wordAsText(cursor)) ? 'stl' : undefined;
    }
    if (lines === 0 && isObjKeyword(word)) return 'obj';
    // Numbers, possibly after a line of names.
    if (isTable(bytes, from)) return 'xyz';
    if (++lines > 1) return undefined;
  } while (nextLine(cursor));
  return undefined;
};

const startsWith = (bytes: Uint8Array, pattern: RegExp): boolean =>
  pattern.test(String.fromCharCode(...bytes.subarray(0, 16)));

/**
 * Detects the format of a file from its content, or from its name if the content is ambiguous (a binary STL that ends
 * early).
 *
 * @param name a file name or path; only its extension is used
 * @throws ShapeError `empty-file` or `not-a-shape`
 */
export const shapeFormatOf = (bytes: Uint8Array, name = ''): ShapeFormat => {
  if (bytes.length === 0) throw new ShapeError('empty-file', undefined, 'wanted the bytes of a shape, got 0 bytes');
  if (startsWith(bytes, /^ply[ \t]*[\r\n]/)) return 'ply';
  if (isWholeBinaryStl(bytes)) return 'stl';
  const byName = EXTENSIONS.get(/\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '');
  if (isBinary(bytes)) {
    // Of the formats left, only STL is binary.
    if (byName === 'stl' || (startsWith(bytes, /^solid/i) && stlLength(bytes) < bytes.length)) return 'stl';
  } else {
    const found = formatOfText(bytes.subarray(0, START)) ?? byName;
    if (found) return found;
  }
  throw new ShapeError('not-a-shape', undefined, `wanted a PLY, OBJ, STL or XYZ file, got ${describeBytes(bytes)}`);
};
