/** @file The image codec of Node: sharp (libvips). */
import type { DecodedPixels, DecodePixels, EncodePixels } from './codec.ts';
import type { ImageHeader } from './headers/header.ts';
import { ImageError, tooManyPixels } from './image-error.ts';
import { loadSharp } from './load-sharp.ts';
import { SOFTWARE } from './software.ts';

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;

/** Warnings of libjpeg about complete files: bytes between segments, or an unusual version number. */
const HARMLESS =
  /extraneous bytes before marker|unknown JFIF revision|Unknown Adobe color transform|Inconsistent progression sequence/;

/**
 * The tolerance of sharp: `warning` rejects any irregularity, `error` accepts unusual files, and `none` also damaged
 * ones.
 */
type FailOn = 'warning' | 'error' | 'none';

const read = async (
  bytes: Uint8Array<ArrayBuffer>,
  { bitDepth, channels }: ImageHeader,
  { maxPixels, failOn }: { readonly maxPixels: number; readonly failOn: FailOn },
): Promise<DecodedPixels> => {
  const sharp = await loadSharp();
  const sixteen = bitDepth === 16;
  const grey16 = sixteen && channels <= 2;
  // ignoreIcc: the values are those of the file, as in Pillow and scikit-image.
  const { data, info } = await sharp(bytes, { ignoreIcc: true, limitInputPixels: maxPixels, failOn })
    .autoOrient()
    .toColourspace(sixteen ? (grey16 ? 'grey16' : 'rgb16') : 'srgb')
    .raw({ depth: sixteen ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const values = sixteen ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return {
    data: values,
    width: info.width,
    height: info.height,
    channels: info.channels,
    maximum: sixteen ? 65_535 : 255,
  };
};

export const decodePixels: DecodePixels = async (bytes, header, { maxPixels, allowDamaged }) => {
  const attempt = async (failOn: FailOn): Promise<DecodedPixels | string> => {
    try {
      return await read(bytes, header, { maxPixels, failOn });
    } catch (cause) {
      if (cause instanceof ImageError) throw cause;
      return messageOf(cause);
    }
  };
  const name = header.format.toUpperCase();
  const strict = await attempt('warning');
  if (typeof strict !== 'string') return strict;
  if (strict.includes('exceeds pixel limit')) throw tooManyPixels(maxPixels, `more, as the ${name} decoder finds`);
  const odd = HARMLESS.test(strict) ? await attempt('error') : strict;
  if (typeof odd !== 'string') return odd;
  const rest = allowDamaged ? await attempt('none') : odd;
  if (typeof rest !== 'string') return { ...rest, damage: odd };
  throw new ImageError('damaged', 'decodeImage', `the ${name} image cannot be decoded: ${rest}`);
};

export const encodePixels: EncodePixels = async ({ data, width, height, channels }, { format, quality }) => {
  const sharp = await loadSharp();
  const grey = channels <= 2;
  const colourspace = data instanceof Uint16Array ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb';
  const raw = sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 }, limitInputPixels: false })
    .toColourspace(colourspace)
    .withExif({ IFD0: { Software: SOFTWARE } });
  const chromaSubsampling = '4:4:4';
  const encoded =
    format === 'png'
      ? raw.png()
      : format === 'jpeg'
        ? raw.jpeg({ quality, chromaSubsampling })
        : format === 'webp'
          ? raw.webp({ quality })
          : raw.avif({ quality, chromaSubsampling });
  try {
    return new Uint8Array(await encoded.toBuffer());
  } catch (cause) {
    throw new ImageError(
      'unsupported',
      'encodeImage',
      `the image cannot be written as ${format.toUpperCase()}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
};
