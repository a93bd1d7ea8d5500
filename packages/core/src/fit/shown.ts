/** @file Texts from files in error messages: in one printable line, and not the megabytes that a file may hold. */

const MAX_CHARACTERS = 400;

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/**
 * A text as it can stand in a message: control characters, line breaks and marks that turn the direction of text round
 * as `\u....`, its end cut off.
 */
export const shown = (text: string): string => {
  const start = text.slice(0, MAX_CHARACTERS).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, escaped);
  return start.length < text.length || start.length > MAX_CHARACTERS ? `${start.slice(0, MAX_CHARACTERS)}...` : start;
};

/** A value of JSON in a message. */
export const shownJson = (value: unknown): string => shown(JSON.stringify(value) ?? 'nothing');
