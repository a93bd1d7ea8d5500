/**
 * Characters that a terminal or a log would interpret, or that break a line: control characters, bidirectional marks,
 * separators, lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The maximum length of a message: a file may contain megabytes of text. */
const MAX_CHARACTERS = 1000;

/** Text from a file for a message: unprintable characters are escaped, e.g. `\u{1b}`, and long text is truncated. */
export const printable = (text: string): string => {
  const start = text
    .slice(0, MAX_CHARACTERS)
    .replace(UNPRINTABLE, character => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
  return text.length > MAX_CHARACTERS || start.length > MAX_CHARACTERS ? `${start.slice(0, MAX_CHARACTERS)}...` : start;
};
