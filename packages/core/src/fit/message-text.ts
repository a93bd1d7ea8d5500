/** @file Text from files in error messages: as one printable line of limited length. */

const MAX_CHARACTERS = 400;

const escaped = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/**
 * Text for a message: control characters, line breaks and bidirectional marks are escaped as `\u....`, and long text is
 * truncated.
 */
export const messageText = (text: string): string => {
  const start = text.slice(0, MAX_CHARACTERS).replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, escaped);
  return start.length < text.length || start.length > MAX_CHARACTERS ? `${start.slice(0, MAX_CHARACTERS)}...` : start;
};

/** A JSON value for a message. */
export const messageJson = (value: unknown): string => messageText(JSON.stringify(value) ?? 'nothing');
