/** @file The header of a PLY file: Turk, "The PLY polygon file format", 1994. */
import { quote } from '../../bytes/quote.ts';
import { ShapeError } from '../../shape-error.ts';
import {
  createCursor,
  isLineEnd,
  nextLine,
  nextWord,
  quoteWord,
  wordAsNumber,
  wordAsText,
} from '../../text/text-cursor.ts';

/** The type of a number. */
export type PlyType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'float32' | 'float64';

const TYPES: ReadonlyMap<string, PlyType> = new Map([
  ['char', 'int8'],
  ['int8', 'int8'],
  ['uchar', 'uint8'],
  ['uint8', 'uint8'],
  ['short', 'int16'],
  ['int16', 'int16'],
  ['ushort', 'uint16'],
  ['uint16', 'uint16'],
  ['int', 'int32'],
  ['int32', 'int32'],
  ['uint', 'uint32'],
  ['uint32', 'uint32'],
  ['float', 'float32'],
  ['float32', 'float32'],
  ['double', 'float64'],
  ['float64', 'float64'],
]);

const FORMATS = ['ascii', 'binary_little_endian', 'binary_big_endian'] as const;

/** A number, or a list of numbers, in each row of an element. */
export interface PlyProperty {
  readonly name: string;
  readonly type: PlyType;
  /** The type of a list's length; absent if the property is a single number. */
  readonly countType?: PlyType;
}

/** A table of the file: rows of properties. */
export interface PlyElement {
  readonly name: string;
  readonly count: number;
  readonly properties: PlyProperty[];
}

/** A parsed PLY header. */
export interface PlyHeader {
  readonly format: (typeof FORMATS)[number];
  readonly elements: readonly PlyElement[];
  /** The length of the header, at which the data begin. */
  readonly length: number;
  /** The length if the header's last line ends in CR LF unlike the others; absent if this is not ambiguous. */
  readonly otherLength?: number;
}

/** The maximum size of a header. A file without an end of its header within this is not a PLY file. */
const MAX_HEADER_BYTES = 2 ** 20;

const damaged = (line: string): ShapeError => new ShapeError('damaged', undefined, `PLY header: ${line}`);

/** Names appear in messages, so they must be printable. */
const isName = (name: string | undefined): name is string => name !== undefined && /^[\x21-\x7e]{1,64}$/.test(name);

const readProperty = (words: readonly string[], line: string): PlyProperty => {
  const [kind = '', ...rest] = words;
  const types = (kind === 'list' ? rest.slice(0, 2) : [kind]).map(type => TYPES.get(type));
  const name = kind === 'list' ? rest[2] : rest[0];
  const [first, second = first] = types;
  if (!isName(name) || first === undefined || second === undefined || types.includes(undefined))
    throw damaged(`${line} is not a property`);
  return kind === 'list' ? { name, countType: first, type: second } : { name, type: first };
};

const assertDistinct = (names: readonly string[], what: string): void => {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw damaged(`the ${what} '${twice}' occurs twice`);
};

/** The maximum number of elements and properties, with which lookups are still fast. */
const MAX_NAMES = 1000;

/**
 * Parses the header. Its lines end in LF, CRLF or CR, and the data begin after the line end of `end_header`, which may
 * be preceded by blanks. In a header without any LF that line end is a single CR: a 0x0a after it is the first byte of
 * the data.
 *
 * @throws ShapeError `truncated`, `damaged` or `unsupported`
 */
export const readPlyHeader = (bytes: Uint8Array): PlyHeader => {
  const cursor = createCursor(bytes.subarray(0, MAX_HEADER_BYTES));
  let format: string | undefined;
  let names = 0;
  const elements: PlyElement[] = [];
  do {
    const begin = cursor.at;
    if (!nextWord(cursor)) continue;
    const keyword = wordAsText(cursor);
    if (keyword === 'end_header') break;
    if (keyword === 'comment' || keyword === 'obj_info' || (keyword === 'ply' && cursor.line === 1)) continue;
    const words: string[] = [];
    let last: number | undefined;
    while (words.length < 8 && nextWord(cursor)) {
      words.push(wordAsText(cursor, 65));
      last = wordAsNumber(cursor);
    }
    const line = quote(bytes.subarray(begin, cursor.at));
    if (keyword === 'format') format = words[0];
    else if (keyword === 'element') {
      if (!isName(words[0]) || words.length !== 2 || last === undefined || !Number.isSafeInteger(last) || last < 0)
        throw damaged(`${line} is not an element`);
      elements.push({ name: words[0], count: last, properties: [] });
    } else if (keyword === 'property') {
      const element = elements.at(-1);
      if (!element) throw damaged(`${line} belongs to no element`);
      element.properties.push(readProperty(words, line));
    } else throw damaged(`${line} is not a header line`);
    if (++names > MAX_NAMES) throw damaged(`it has more than ${MAX_NAMES} elements and properties`);
  } while (nextLine(cursor));
  const { start, stop } = cursor;
  if (quoteWord(cursor) !== "'end_header'" || start === stop)
    throw new ShapeError(
      'truncated',
      undefined,
      `PLY header: wanted a line 'end_header', got none in ${bytes.length} bytes`,
    );
  const known = FORMATS.find(name => name === format);
  if (!known)
    throw new ShapeError(
      'unsupported',
      undefined,
      `PLY header: format must be ascii or binary, got ${format === undefined ? 'none' : quote(new TextEncoder().encode(format))}`,
    );
  assertDistinct(
    elements.map(({ name }) => name),
    'element',
  );
  for (const { properties } of elements)
    assertDistinct(
      properties.map(({ name }) => name),
      'property',
    );
  let end = stop;
  while (bytes[end] === 0x20 || bytes[end] === 0x09) end++;
  if (end < bytes.length && !isLineEnd(bytes[end]))
    throw damaged(`'end_header' is followed by ${quote(bytes.subarray(end, end + 8))}`);
  const withLf = bytes.subarray(0, start).includes(0x0a);
  const both = bytes[end] === 0x0d && bytes[end + 1] === 0x0a;
  const length = Math.min(bytes.length, both && withLf ? end + 2 : end + 1);
  return { format: known, elements, length, ...(both && !withLf && known !== 'ascii' && { otherLength: end + 2 }) };
};
