import { type FoundHeader, viewOf } from './header.ts';
import { isFrame, jpegSegments } from './jpeg-segments.ts';

/** The frame header, of which a decoder accepts exactly one: ITU-T T.81, section B.2.2. */
export const readJpegHeader = (bytes: Uint8Array): FoundHeader => {
  const { segments, ending } = jpegSegments(bytes);
  const frames = segments.filter(({ marker }) => isFrame(marker));
  const [frame] = frames;
  if (!frame) return ending === 'truncated' ? 'truncated' : 'damaged';
  if (frames.length > 1 || frame.end - frame.start < 6) return 'damaged';
  const data = viewOf(bytes);
  const [height, width] = [data.getUint16(frame.start + 1), data.getUint16(frame.start + 3)];
  return {
    format: 'jpeg',
    width,
    height,
    channels: bytes[frame.start + 5] === 1 ? 1 : 3,
    bitDepth: bytes[frame.start] as number,
    codedPixels: width * height,
    truncated: ending === 'truncated',
  };
};
