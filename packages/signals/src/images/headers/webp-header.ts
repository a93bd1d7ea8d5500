import { type FoundHeader, fourCharacters, viewOf } from './header.ts';

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly alpha: boolean;
}

/** The size given by a chunk of coded pixels. */
const readFrame = (bytes: Uint8Array, type: string, at: number): Frame | undefined => {
  const data = viewOf(bytes);
  if (type === 'VP8L' && at + 5 <= bytes.length && bytes[at] === 0x2f) {
    const bits = data.getUint32(at + 1, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, alpha: ((bits >>> 28) & 1) === 1 };
  }
  if (type === 'VP8 ' && at + 10 <= bytes.length && data.getUint16(at + 3, true) === 0x019d && bytes[at + 5] === 0x2a)
    return {
      width: data.getUint16(at + 6, true) & 0x3fff,
      height: data.getUint16(at + 8, true) & 0x3fff,
      alpha: false,
    };
  return undefined;
};

/** RFC 9649, sections 2.3 to 2.7 and 3.4. */
export const readWebpHeader = (bytes: Uint8Array): FoundHeader => {
  if (bytes.length < 30) return 'truncated';
  const data = viewOf(bytes);
  const truncated = data.getUint32(4, true) + 8 > bytes.length;
  const common = { format: 'webp', bitDepth: 8, truncated } as const;
  const type = fourCharacters(bytes, 12);
  if (type !== 'VP8X') {
    const frame = readFrame(bytes, type, 20);
    if (!frame) return 'damaged';
    const { width, height, alpha } = frame;
    return { ...common, width, height, channels: alpha ? 4 : 3, codedPixels: width * height };
  }
  const three = (at: number): number => data.getUint16(at, true) + ((bytes[at + 2] as number) << 16);
  const [width, height] = [three(24) + 1, three(27) + 1];
  for (let at = 12; at + 8 <= bytes.length; ) {
    const frame = readFrame(bytes, fourCharacters(bytes, at), at + 8);
    if (frame && (frame.width > width || frame.height > height)) return 'damaged';
    const length = data.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  const channels = ((bytes[20] as number) & 0x10) !== 0 ? 4 : 3;
  return { ...common, width, height, channels, codedPixels: width * height };
};
