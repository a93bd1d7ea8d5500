import { type Mutation, replace } from './mutate-bytes.ts';
import type { Rng } from './rng.ts';

const NUMBERS = [
  ...[
    '0',
    '1',
    '-1',
    '-0',
    '3',
    '255',
    '256',
    '65535',
    '65536',
    '2147483647',
    '2147483648',
    '-2147483648',
    '4294967295',
    '4294967296',
  ],
  ...[
    '9007199254740991',
    '9007199254740992',
    '9223372036854775807',
    '18446744073709551616',
    '1e9',
    '1e15',
    '1e308',
    '1e309',
    '-1e309',
  ],
  ...[
    '1e-320',
    '0x10',
    '0b1',
    '0o7',
    '1_000',
    '1,5',
    '1.5',
    '.5',
    '5.',
    '+7',
    '--1',
    '1e',
    'NaN',
    'nan',
    '-nan',
    'Infinity',
    '-inf',
  ],
  ...['null', 'true', '""', '[]', '{}', '9'.repeat(400), `0.${'0'.repeat(400)}1`, `1${'0'.repeat(10_000)}`],
];

/**
 * Tokens that often cause failures: names on prototypes, line ends, byte order marks, escape sequences, nested
 * brackets.
 */
const HOSTILE = [
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'then',
    'toJSON',
    'length',
    'undefined',
  ],
  ...[
    '\r',
    '\n',
    '\r\n',
    '\n\n',
    '\t',
    ' ',
    '\v',
    '\f',
    '\\\n',
    '\0',
    '\xef\xbb\xbf',
    '\xff\xfe',
    '\xc0\x80',
    '\xed\xa0\x80',
    '\xf0\x9f',
  ],
  ...['\x1b[2J', '\x1b]0;title\x07', '\x9b31m', '\u0085', '../', '/', '\\', '%s', '#', '"', "'", '"""', '//', '/*'],
  ...['[', ']', '{', '}', '(', ')', '[[', '{"a":', '[{', ',', ':', ';', '-', '.', '=', '<', '>', '&'],
];

// Numbers and words are matched as Latin-1 bytes, so that bytes that are not text do not change.
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
const utf8 = (text: string): Uint8Array => (/[^\0-\xff]/.test(text) ? Buffer.from(text, 'utf8') : latin1(text));

/** The length of input that is searched at a time: searching all of it would cost more than most readers. */
const WINDOW = 512;

/**
 * The matches near a random position of the input, in half of all cases near its start, where formats have their
 * headers.
 */
const findNear = (bytes: Uint8Array, pattern: RegExp, rng: Rng): { readonly at: number; readonly text: string }[] => {
  const begin = rng.chance(0.5) ? 0 : rng.below(bytes.length + 1);
  const found = textOf(bytes.subarray(begin, begin + WINDOW)).matchAll(pattern);
  return [...found].map(({ index, 0: text }) => ({ at: begin + index, text }));
};

const exchangeNumber: Mutation = (bytes, { rng, tokens }) => {
  const found = findNear(bytes, /[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?/g, rng);
  if (found.length === 0) return bytes;
  const { at, text } = rng.pick(found);
  const numeric = tokens.filter(token => /^[-+.\d]/.test(token));
  const near = rng.chance(0.2) ? String(Number(text) + rng.pick([-1, 1, 2, 0.5])) : rng.pick(NUMBERS);
  return replace(bytes, at, at + text.length, utf8(numeric.length > 0 && rng.chance(0.2) ? rng.pick(numeric) : near));
};

const exchangeWord: Mutation = (bytes, { rng, tokens }) => {
  const found = findNear(bytes, /[A-Za-z_][\w.-]*/g, rng);
  if (found.length === 0) return bytes;
  const { at, text } = rng.pick(found);
  const others = [
    rng.pick(found).text,
    rng.pick(HOSTILE),
    ...(tokens.length > 0 ? [rng.pick(tokens), rng.pick(tokens)] : []),
  ];
  return replace(bytes, at, at + text.length, utf8(rng.pick(others)));
};

const insertWord: Mutation = (bytes, { rng, tokens, limit }) => {
  const word = utf8(rng.chance(0.5) && tokens.length > 0 ? rng.pick(tokens) : rng.pick([...HOSTILE, ...NUMBERS]));
  const room = Math.floor((limit - bytes.length) / word.length);
  if (room < 1) return bytes;
  const times = rng.chance(0.7) ? 1 : rng.small(Math.min(room, rng.chance(0.1) ? 100_000 : 1000));
  const at = rng.below(bytes.length + 1);
  return replace(bytes, at, at, Buffer.concat(new Array<Uint8Array>(times).fill(word)));
};

const overwriteWord: Mutation = (bytes, { rng, tokens }) => {
  const word = utf8(rng.pick(tokens.length > 0 && rng.chance(0.7) ? tokens : HOSTILE));
  const at = rng.below(bytes.length + 1);
  return replace(bytes, at, Math.min(bytes.length, at + word.length), word);
};

const lineEnds: Mutation = (bytes, { rng }) =>
  latin1(textOf(bytes).replace(/\r\n|\r|\n/g, rng.pick(['\r', '\n', '\r\n', '\n\r'])));

const isLineEnd = (byte: number | undefined): boolean => byte === 10 || byte === 13;

/** The bounds of a random line of the input: its start and the start of the next. */
const findLine = (bytes: Uint8Array, rng: Rng): [begin: number, end: number] => {
  let begin = rng.below(Math.max(1, bytes.length));
  let end = begin;
  while (begin > 0 && !isLineEnd(bytes[begin - 1])) begin--;
  while (end < bytes.length && !isLineEnd(bytes[end])) end++;
  while (end < bytes.length && isLineEnd(bytes[end])) end++;
  return [begin, end];
};

const repeatLine: Mutation = (bytes, { rng, limit }) => {
  const [begin, end] = findLine(bytes, rng);
  const line = textOf(bytes.subarray(begin, end));
  const room = Math.floor((limit - bytes.length) / (line.length + 6));
  if (room < 1) return bytes;
  const times = rng.small(Math.min(room, 10_000));
  // Sometimes each repetition is numbered, since readers reject duplicate names.
  const copies = rng.chance(0.5)
    ? line.repeat(times)
    : Array.from({ length: times }, (_, i) => line.replace(/\d+|$/, String(i))).join('');
  return replace(bytes, begin, begin, latin1(copies));
};

const dropLine: Mutation = (bytes, { rng }) => replace(bytes, ...findLine(bytes, rng), new Uint8Array());

/** Mutations of text in the input: numbers, words and lines, also in the headers of binary formats. */
export const textMutations: readonly Mutation[] = [
  exchangeNumber,
  exchangeNumber,
  exchangeNumber,
  exchangeWord,
  exchangeWord,
  insertWord,
  insertWord,
  overwriteWord,
  lineEnds,
  repeatLine,
  dropLine,
];
