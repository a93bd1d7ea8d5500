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

/** A number as a binary file has it. */
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

/** A number, or a list of numbers, of each row of an element. */
export interface PlyProperty {
  readonly name: string;
  readonly type: PlyType;
  /** The type of a list's length; absent where the property is one number. */
  readonly countType?: PlyType;
}

/** A table of the file. */
export interface PlyElement {
  readonly name: string;
  readonly count: number;
  readonly properties: PlyProperty[];
}

/** What a PLY file says of itself. */
export interface PlyHeader {
  readonly format: (typeof FORMATS)[number];
  readonly elements: readonly PlyElement[];
  /** Where the data begin. */
  readonly length: number;
  /**
   * Where they begin if the header's last line end is CR LF in spite of the others; absent where that is no question.
   */
  readonly otherLength?: number;
}

/** Headers are short; what has none within this is no PLY file. */
const LONGEST_HEADER = 2 ** 20;

const damaged = (line: string): ShapeError => new ShapeError('damaged', undefined, `PLY header: ${line}`);

/** Names reach messages, so they are words of printable characters. */
const isName = (name: string | undefined): name is string => name !== undefined && /^[\x21-\x7e]{1,64}$/.test(name);

const readProperty = (words: readonly string[], line: string): PlyProperty => {
  const [kind = '', ...rest] = words;
  const types = (kind === 'list' ? rest.slice(0, 2) : [kind]).map(type => TYPES.get(type));
  const name = kind === 'list' ? rest[2] : rest[0];
  const [first, second = first] = types;
  if (!isName(name) || first === undefined || second === undefined || types.includes(undefined))
    throw damaged(`${line} is no property`);
  return kind === 'list' ? { name, countType: first, type: second } : { name, type: first };
};

const assertDistinct = (names: readonly string[], what: string): void => {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw damaged(`the ${what} '${twice}' is there twice`);
};

/** The elements and properties of a header may be so many; looking for one is then still fast. */
const MOST_NAMES = 1000;

/**
 * Reads the header once: its lines end in LF, CRLF or CR, and the data begin after the line end of `end_header`, which
 * may have blanks before it. In a header without any LF that line end is a CR alone: a 0x0a after it is the first byte
 * of the data.
 *
 * @throws ShapeError `truncated`, `damaged` or `unsupported`
 */
export const readPlyHeader = (bytes: Uint8Array): PlyHeader => {
  const cursor = createCursor(bytes.subarray(0, LONGEST_HEADER));
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
        throw damaged(`${line} is no element`);
      elements.push({ name: words[0], count: last, properties: [] });
    } else if (keyword === 'property') {
      const element = elements.at(-1);
      if (!element) throw damaged(`${line} belongs to no element`);
      element.properties.push(readProperty(words, line));
    } else throw damaged(`${line} is no line of a header`);
    if (++names > MOST_NAMES) throw damaged(`it has more than ${MOST_NAMES} elements and properties`);
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
