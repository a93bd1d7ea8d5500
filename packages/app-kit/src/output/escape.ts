/** @file Untrusted text on a terminal: file names, metadata, arguments and messages that quote them. */

/**
 * Characters that a terminal interprets instead of showing them: the control characters C0 and C1 (ECMA-48), line
 * separators, directional marks and overrides (UAX #9), and lone surrogates.
 */
const ACTIVE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const hexadecimal = (character: string, digits: number): string =>
  (character.codePointAt(0) as number).toString(16).padStart(digits, '0');

const visible = (character: string): string => {
  const code = character.codePointAt(0) as number;
  return NAMES[character] ?? (code < 0x100 ? `\\x${hexadecimal(character, 2)}` : `\\u${hexadecimal(character, 4)}`);
};

/**
 * Escapes text as one line that cannot move the cursor, change colours or break: such characters are shown as `\x1b`,
 * `\n`, `\u202e`.
 */
export const escapeLine = (text: string): string => text.replace(ACTIVE, visible);

/** The same for our own text of several lines, such as a stack trace. */
export const escapeLines = (text: string): string => text.split('\n').map(escapeLine).join('\n');

/** JSON on one line, without characters that a terminal interprets; it parses to the same value. */
export const escapeJson = (value: unknown): string =>
  JSON.stringify(value).replace(ACTIVE, character => `\\u${hexadecimal(character, 4)}`);
