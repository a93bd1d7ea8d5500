/**
 * A byte as a message shows it: itself where it is printable ASCII, else `\xNN`, so that nothing in a file can reach a
 * terminal raw.
 */
const shown = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;

/** A piece of a file for messages, in quotes: at most `longest` bytes of it, and only printable ones as they are. */
export const quote = (bytes: Uint8Array, longest = 60): string =>
  `'${[...bytes.subarray(0, longest)].map(shown).join('')}${bytes.length > longest ? ' ...' : ''}'`;
