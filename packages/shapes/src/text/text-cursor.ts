/** @file Iterates over the words of a text in bytes. Lines end in LF, CRLF or CR. */
import { quote } from '../bytes/quote.ts';
import { parseNumber } from './parse-number.ts';

/** A position in a text; `start` and `stop` are the bounds of the last word. */
export interface TextCursor {
  readonly bytes: Uint8Array;
  /** The position after the last word. */
  at: number;
  /** The line that `at` is in; the first is 1. */
  line: number;
  start: number;
  stop: number;
}

const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;

/** Makes a cursor before the first word; a byte order mark is skipped. */
export const createCursor = (bytes: Uint8Array, at = 0): TextCursor => {
  const marked = at === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { bytes, at: marked ? 3 : at, line: 1, start: 0, stop: 0 };
};

/** Whether a byte ends a line. */
export const isLineEnd = (byte: number | undefined): boolean => byte === LF || byte === CR;

/** Advances to the next word of the line; false at the end of the line, where the cursor then is. */
export const nextWord = (cursor: TextCursor): boolean => {
  const { bytes } = cursor;
  let { at } = cursor;
  let byte = bytes[at];
  while (byte !== undefined && byte <= 0x20 && byte !== LF && byte !== CR) byte = bytes[++at];
  cursor.start = at;
  while (byte !== undefined && byte > 0x20) byte = bytes[++at];
  cursor.stop = at;
  cursor.at = at;
  return at > cursor.start;
};

/** Advances to the beginning of the next line; false at the end of the text. */
export const nextLine = (cursor: TextCursor): boolean => {
  const { bytes } = cursor;
  let { at } = cursor;
  while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at++;
  if (at >= bytes.length) {
    cursor.at = at;
    return false;
  }
  cursor.at = bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
  cursor.line++;
  return cursor.at < bytes.length;
};

/** Advances to the next word on any line; false at the end of the text. */
export const nextWordAnywhere = (cursor: TextCursor): boolean => {
  while (!nextWord(cursor)) if (!nextLine(cursor)) return false;
  return true;
};

/** Like {@link nextWord}; a line that ends in a backslash continues on the next line. */
export const nextContinuedWord = (cursor: TextCursor): boolean => {
  for (;;) {
    if (!nextWord(cursor)) return false;
    const { bytes, start, stop } = cursor;
    if (bytes[stop - 1] !== BACKSLASH) return true;
    let at = stop;
    while (bytes[at] === 0x20 || bytes[at] === 0x09) at++;
    if (at < bytes.length && !isLineEnd(bytes[at])) return true;
    cursor.stop = stop - 1;
    nextLine(cursor);
    if (stop - 1 > start) return true;
  }
};

/** The last word as a number; `undefined` if it is not one. */
export const wordAsNumber = ({ bytes, start, stop }: TextCursor): number | undefined => parseNumber(bytes, start, stop);

/** The last word as text, truncated to `longest` bytes. */
export const wordAsText = ({ bytes, start, stop }: TextCursor, longest = 64): string =>
  stop - start === 1
    ? String.fromCharCode(bytes[start]!)
    : String.fromCharCode(...bytes.subarray(start, Math.min(stop, start + longest)));

/** Whether the last word equals a lower-case word, ignoring case. */
export const isWord = ({ bytes, start, stop }: TextCursor, word: string): boolean => {
  if (stop - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if ((bytes[start + i]! | 0x20) !== word.charCodeAt(i)) return false;
  return true;
};

/** The last word, quoted for messages. */
export const quoteWord = ({ bytes, start, stop }: TextCursor): string => quote(bytes.subarray(start, stop));
