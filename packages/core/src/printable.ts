/** @file Text of others in error messages: as one printable line of limited length. */

/**
 * Characters that a terminal or a log would interpret, or that break a line: control characters, bidirectional marks,
 * separators, lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The maximum length of a message: a file may contain megabytes of text. */
const MAX_MESSAGE = 1000;
/** The maximum length of a value that a message quotes. */
const MAX_QUOTED = 400;

/** Text from a file for a message: unprintable characters are escaped, e.g. `\u{1b}`, and long text is truncated. */
export const printable = (text: string, maxCharacters: number = MAX_MESSAGE): string => {
  const start = text
    .slice(0, maxCharacters)
    .replace(UNPRINTABLE, character => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
  return text.length > maxCharacters || start.length > maxCharacters ? `${start.slice(0, maxCharacters)}...` : start;
};

/** The same for a name or a value that a message quotes, which leaves room for the rest of the message. */
export const quoted = (text: string): string => printable(text, MAX_QUOTED);

/** A JSON value that a message quotes. */
export const quotedJson = (value: unknown): string => quoted(JSON.stringify(value) ?? 'nothing');
