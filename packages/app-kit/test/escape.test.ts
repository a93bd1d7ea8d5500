import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeJson, escapeLine, escapeLines } from '../src/output/escape.ts';

test('characters that a terminal obeys are shown', () => {
  expect(escapeLine('a\x1b[2Jb\r\n\t\x07\x7f\x9bc\u2028\u202ed')).toBe(
    'a\\x1b[2Jb\\r\\n\\t\\x07\\x7f\\x9bc\\u2028\\u202ed',
  );
  expect(escapeLine('half \ud800 pair')).toBe('half \\ud800 pair');
  expect(escapeLine('Ünïcode 日本 😀 stays')).toBe('Ünïcode 日本 😀 stays');
  expect(escapeLines('a\x1b\nb')).toBe('a\\x1b\nb');
});

test('JSON parses to the same value and holds no control characters', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), value => {
      const json = escapeJson(value);
      expect(JSON.parse(json)).toEqual(value);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(json).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
    }),
  );
});
