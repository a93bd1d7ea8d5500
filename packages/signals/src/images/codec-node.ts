/** @file The image codec of Node: sharp (libvips). */
import type { DecodePixels, EncodePixels } from './codec.ts';
import { ImageError } from './image-error.ts';
import { loadSharp } from './load-sharp.ts';
import { SOFTWARE } from './software.ts';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;

export const decodePixels: DecodePixels = async (bytes, header) => {
  const sharp = await loadSharp();
  const sixteen = header.bitDepth === 16;
  const grey16 = sixteen && header.channels <= 2;
  try {
    // ignoreIcc: the values are those of the file, as in Pillow and scikit-image. The size was checked against maxPixels.
    const { data, info } = await sharp(bytes, { ignoreIcc: true, limitInputPixels: false, failOn: 'error' })
      .autoOrient()
      .toColourspace(sixteen ? (grey16 ? 'grey16' : 'rgb16') : 'srgb')
      .raw({ depth: sixteen ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const values = sixteen ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
    return { data: values, width: info.width, height: info.height, channels: info.channels, maximum: sixteen ? 65_535 : 255 };
  } catch (cause) {
    throw new ImageError(
      'damaged',
      `decodeImage: the ${header.format.toUpperCase()} image cannot be decoded: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
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
      `encodeImage: the image cannot be written as ${format.toUpperCase()}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
};
