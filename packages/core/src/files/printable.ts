/** Characters that a terminal or a log would act on, or that break a line: controls, marks of direction, separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text from a file as it may stand in a message: what cannot be seen is escaped, e.g. `\u{1b}`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, character => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
