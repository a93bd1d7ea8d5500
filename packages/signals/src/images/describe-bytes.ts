/** Formats that people do pass, with the bytes that they begin with (as latin-1) at an offset. */
const OTHER_FORMATS: readonly (readonly [name: string, start: string, offset: number])[] = [
  ['a GIF image', 'GIF8', 0],
  ['a BMP image', 'BM', 0],
  ['a TIFF image', 'II*\0', 0],
  ['a TIFF image', 'MM\0*', 0],
  ['an HEIC image', 'ftypheic', 4],
  ['an HEIF image', 'ftypmif1', 4],
  ['a JPEG XL image', '\xff\x0a', 0],
  ['a JPEG XL image', 'JXL ', 4],
  ['a JPEG 2000 image', 'jP  ', 4],
  ['an OpenEXR image', 'v/1\x01', 0],
  ['a Radiance HDR image', '#?RADIANCE', 0],
  ['a Photoshop document', '8BPS', 0],
  ['a PNM image', 'P5\n', 0],
  ['a PNM image', 'P6\n', 0],
];

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, Math.min(end, bytes.length)));

/** The name of the image format that the bytes begin like, where it is one that is not read here. */
export const otherImageFormat = (bytes: Uint8Array): string | undefined => {
  const found = OTHER_FORMATS.find(([, start, offset]) => latin1(bytes, offset, offset + start.length) === start);
  if (found) return found[0];
  return /<svg[\s>]/.test(latin1(bytes, 0, 512)) ? 'an SVG drawing' : undefined;
};

/** What the bytes look like, for messages: `text ("hello")` or `5 bytes (de ad be ef ...)`. */
export const describeBytes = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return '0 bytes';
  const start = bytes.subarray(0, 24);
  const printable = start.every(byte => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);
  if (printable) return `text (${JSON.stringify(latin1(bytes, 0, 24))}${bytes.length > 24 ? ' ...' : ''})`;
  const hex = [...bytes.subarray(0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
  return `${bytes.length} bytes (${hex}${bytes.length > 8 ? ' ...' : ''})`;
};
