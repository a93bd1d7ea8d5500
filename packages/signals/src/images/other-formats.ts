import { latin1 } from '../bytes/describe-bytes.ts';

/** Formats that users may pass by mistake, with their signatures (as Latin-1) at an offset. */
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
  ['a gzip file, which must be unpacked', '\x1f\x8b', 0],
  ['a zip file, which must be unpacked', 'PK\x03\x04', 0],
  ['a PDF document', '%PDF-', 0],
  ['a glTF file', 'glTF', 0],
  ['an MP3 sound', 'ID3', 0],
  ['a FLAC sound', 'fLaC', 0],
  ['an Ogg sound', 'OggS', 0],
  ['an MP4 file', 'ftypisom', 4],
  ['an MP4 file', 'ftypmp4', 4],
  ['an MP4 sound', 'ftypM4A', 4],
];

/** The name of the unsupported format that the bytes are in, if it is recognised. */
export const otherFormat = (bytes: Uint8Array): string | undefined => {
  const found = OTHER_FORMATS.find(([, start, offset]) => latin1(bytes, offset, offset + start.length) === start);
  if (found) return found[0];
  return /<svg[\s>]/.test(latin1(bytes, 0, 512)) ? 'an SVG drawing' : undefined;
};
