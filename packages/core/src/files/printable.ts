/**
 * Characters that a terminal or a log would act on, or that break a line: controls, marks of direction, separators,
 * halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Characters that a message has at most: a file may quote megabytes. */
const MAX_CHARACTERS = 1000;

/**
 * Text from a file as it may stand in a message: what cannot be seen is escaped, e.g. `\u{1b}`, and a long text has its
 * end cut off.
 */
export const printable = (text: string): string => {
  const start = text
    .slice(0, MAX_CHARACTERS)
    .replace(UNPRINTABLE, character => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
  return text.length > MAX_CHARACTERS || start.length > MAX_CHARACTERS ? `${start.slice(0, MAX_CHARACTERS)}...` : start;
};
