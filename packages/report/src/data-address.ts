/** @file Files as addresses within a page. */

/** The beginnings of the files that a page may hold, a byte a character, and their media types. */
const TYPES: readonly (readonly [begins: string, type: string])[] = [
  ['\x89PNG', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['RIFF????WEBP', 'image/webp'],
  ['RIFF????WAVE', 'audio/wav'],
];

const matches = (bytes: Uint8Array, begins: string): boolean =>
  [...begins].every((character, i) => character === '?' || bytes[i] === character.charCodeAt(0));

/** The bytes of a PNG, JPEG, WebP or WAV file as a `data:` address. @throws TypeError when they are none of these */
export const dataAddress = (bytes: Uint8Array): string => {
  const type = TYPES.find(([begins]) => matches(bytes, begins))?.[1];
  if (type === undefined)
    throw new TypeError(
      `dataAddress: bytes must be a PNG, JPEG, WebP or WAV file, got ${Buffer.from(bytes.subarray(0, 4)).toString('hex')}`,
    );
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
};
