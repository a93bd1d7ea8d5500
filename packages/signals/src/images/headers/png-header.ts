import { channelsOf, type FoundHeader, fourCharacters, viewOf } from './header.ts';

/** The bit depths that each colour type may have: PNG (third edition), table 11.1. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** W3C, Portable Network Graphics (third edition), sections 5 and 11: https://www.w3.org/TR/png-3/ */
export const readPngHeader = (bytes: Uint8Array): FoundHeader => {
  if (bytes.length < 29) return 'truncated';
  const data = viewOf(bytes);
  const [depth, colourType] = [bytes[24] as number, bytes[25] as number];
  // Decoders read the size from IHDR, which must come first.
  if (fourCharacters(bytes, 12) !== 'IHDR' || data.getUint32(8) !== 13 || !DEPTHS[colourType]?.includes(depth))
    return 'damaged';
  let transparent = false;
  let hasData = false;
  let ended = false;
  for (let at = 8; at + 12 <= bytes.length && !ended; ) {
    const length = data.getUint32(at);
    const type = fourCharacters(bytes, at + 4);
    if (at + 12 + length > bytes.length) break;
    if (type === 'tRNS' && !hasData) transparent = true;
    if (type === 'IDAT') hasData = true;
    if (type === 'IEND') ended = true;
    at += 12 + length;
  }
  const [width, height] = [data.getUint32(16), data.getUint32(20)];
  return {
    format: 'png',
    width,
    height,
    channels: channelsOf(colourType === 0 || colourType === 4, colourType >= 4 || transparent),
    bitDepth: Math.max(8, depth),
    codedPixels: width * height,
    truncated: !ended,
  };
};
