import { expect, it } from 'vitest';
import { printable } from '../src/printable.ts';

it('escapes unprintable characters, and truncates long text, also after escaping', () => {
  expect(printable('a\x1b\n\u202e\ud800b')).toBe('a\\u{1b}\\u{a}\\u{202e}\\u{d800}b');
  expect(printable('ä 日本 😀')).toBe('ä 日本 😀');
  expect(printable('x'.repeat(1000))).toBe('x'.repeat(1000));
  expect(printable('x'.repeat(1e6))).toBe(`${'x'.repeat(1000)}...`);
  expect(printable('\ud800'.repeat(900))).toHaveLength(1003);
});
