/** @file Text of others on a terminal: file names, metadata, arguments and messages that quote them. */

/**
 * Characters that a terminal obeys instead of showing them: the controls C0 and C1 (ECMA-48), the line separators, the
 * marks and overrides of writing direction (UAX #9), and halves of surrogate pairs.
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
 * A line in which nothing moves the cursor, changes colours or breaks the line: such characters are shown as `\x1b`,
 * `\n`, `\u202e`.
 */
export const escapeLine = (text: string): string => text.replace(ACTIVE, visible);

/** The same for text of several lines of our own, such as a stack trace. */
export const escapeLines = (text: string): string => text.split('\n').map(escapeLine).join('\n');

/** JSON on one line, without characters that a terminal obeys; it parses to the same value. */
export const escapeJson = (value: unknown): string =>
  JSON.stringify(value).replace(ACTIVE, character => `\\u${hexadecimal(character, 4)}`);
