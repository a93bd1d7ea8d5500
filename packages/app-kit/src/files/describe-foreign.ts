/** @file Identifies files that people pass where a field is expected, as far as the first bytes tell. */

const SIGNATURES: readonly (readonly [description: string, start: string, at: number])[] = [
  ['a PNG image (fit makes a field of it)', '\x89PNG', 0],
  ['a JPEG image (fit makes a field of it)', '\xff\xd8\xff', 0],
  ['a WebP image (fit makes a field of it)', 'WEBP', 8],
  ['an AVIF image (fit makes a field of it)', 'ftypavif', 4],
  ['a WAV sound (fit makes a field of it)', 'WAVE', 8],
  ['a glTF shape', 'glTF', 0],
  ['a GIF image', 'GIF8', 0],
  ['a PDF document', '%PDF-', 0],
];

/** Whether the bytes are a PLY file. */
export const isPly = (bytes: Uint8Array): boolean =>
  /^ply[ \t]*[\r\n]/.test(String.fromCharCode(...bytes.subarray(0, 16)));

/** What the bytes are, if they are certainly not a field. */
export const describeForeign = (bytes: Uint8Array): string | undefined => {
  if (isPly(bytes)) return 'a PLY shape (fit makes a field of it)';
  const text = String.fromCharCode(...bytes.subarray(0, 16));
  return SIGNATURES.find(([, start, at]) => text.startsWith(start, at))?.[0];
};
