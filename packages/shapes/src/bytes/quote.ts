/**
 * A byte as shown in messages: itself if it is printable ASCII, else `\xNN`, so that no raw bytes of a file reach a
 * terminal.
 */
const shown = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;

/** Quotes a part of a file for messages: at most `longest` bytes, with unprintable ones escaped. */
export const quote = (bytes: Uint8Array, longest = 60): string =>
  `'${[...bytes.subarray(0, longest)].map(shown).join('')}${bytes.length > longest ? ' ...' : ''}'`;
