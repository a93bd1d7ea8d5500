/**
 * @file The segments of a JPEG file as libjpeg finds them: ITU-T T.81, annex B,
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf
 */
import { viewOf } from './header.ts';

/**
 * A marker with its parameters. `start` is the position after their length; a scan also has the position of its coded
 * data.
 */
export interface JpegSegment {
  /** The second byte of the marker, e.g. 0xda for a scan. */
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

const SOI = 0xd8;
const EOI = 0xd9;

/** Markers without parameters: TEM, and RST0 to RST7, which belong to the coded data. */
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

/** Whether a segment is a frame header: SOF0 to SOF15 except DHT, JPG and DAC, whose codes lie between them. */
export const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/**
 * Finds the segments up to the end of the image. Like libjpeg it skips bytes between segments, and coded data, up to
 * the next marker.
 *
 * @returns the segments, and where they end: at the end of the image, of the bytes, or at something that no decoder
 *   accepts
 */
export const jpegSegments = (
  bytes: Uint8Array,
): { readonly segments: readonly JpegSegment[]; readonly ending: 'whole' | 'truncated' | 'damaged' } => {
  const data = viewOf(bytes);
  const segments: JpegSegment[] = [];
  for (let at = 2; ; ) {
    const found = bytes.indexOf(0xff, at);
    if (found < 0 || found + 1 >= bytes.length) return { segments, ending: 'truncated' };
    const marker = bytes[found + 1] as number;
    // A stuffed zero is data; of several 0xff bytes the last begins the marker.
    if (marker === 0xff) at = found + 1;
    else if (marker === 0 || standsAlone(marker)) at = found + 2;
    else if (marker === EOI) return { segments, ending: 'whole' };
    else if (marker === SOI) return { segments, ending: 'damaged' };
    else {
      if (found + 4 > bytes.length) return { segments, ending: 'truncated' };
      const length = data.getUint16(found + 2);
      if (length < 2) return { segments, ending: 'damaged' };
      const end = found + 2 + length;
      if (end > bytes.length) return { segments, ending: 'truncated' };
      segments.push({ marker, start: found + 4, end });
      at = end;
    }
  }
};
