/**
 * @file The image codec of browsers: createImageBitmap and OffscreenCanvas.
 *
 * A canvas holds 8 bits with premultiplied alpha. So 16-bit files throw instead of being reduced to 8 bits silently,
 * and the colours of nearly transparent pixels are rounded.
 */
import type { DecodePixels, EncodePixels } from './codec.ts';
import { ImageError, tooManyPixels } from './image-error.ts';

const context = (width: number, height: number): OffscreenCanvasRenderingContext2D => {
  const canvas = new OffscreenCanvas(width, height);
  const context2d = canvas.getContext('2d', { colorSpace: 'srgb', willReadFrequently: true });
  if (!context2d)
    throw new ImageError('too-large', 'image', `the browser cannot create a canvas of ${width} x ${height} pixels`);
  return context2d;
};

export const decodePixels: DecodePixels = async (bytes, header, { maxPixels }) => {
  const name = header.format.toUpperCase();
  if (header.bitDepth > 8)
    throw new ImageError(
      'unsupported',
      'decodeImage',
      `browsers decode 8 bits per channel, but the ${name} image has ${header.bitDepth}; decode it in Node or convert it`,
    );
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes], { type: `image/${header.format}` }), {
      imageOrientation: 'from-image',
      premultiplyAlpha: 'none',
      colorSpaceConversion: 'none',
    });
  } catch (cause) {
    throw new ImageError(
      'damaged',
      'decodeImage',
      `the browser cannot decode the ${name} image: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  try {
    const { width, height } = bitmap;
    // A browser accepts no limit: a result larger than the header states is discarded here, before it is copied.
    if (width * height > maxPixels) throw tooManyPixels(maxPixels, `${width} x ${height}`);
    const canvas = context(width, height);
    canvas.drawImage(bitmap, 0, 0);
    return { data: canvas.getImageData(0, 0, width, height).data, width, height, channels: 4, maximum: 255 };
  } finally {
    bitmap.close();
  }
};

export const encodePixels: EncodePixels = async ({ data, width, height, channels }, { format, quality }) => {
  if (data instanceof Uint16Array)
    throw new ImageError('unsupported', 'encodeImage', 'browsers encode 8 bits per channel; 16-bit PNG needs Node');
  const rgba = new Uint8ClampedArray(4 * width * height);
  const alpha = channels === 2 || channels === 4;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels;
    for (let c = 0; c < 3; c++) rgba[4 * pixel + c] = data[channels <= 2 ? from : from + c] as number;
    rgba[4 * pixel + 3] = alpha ? (data[from + channels - 1] as number) : 255;
  }
  const canvas = context(width, height);
  canvas.putImageData(new ImageData(rgba, width, height), 0, 0);
  const type = `image/${format}`;
  const blob = await canvas.canvas.convertToBlob({ type, quality: quality / 100 });
  // A browser without the encoder returns PNG.
  if (blob.type !== type)
    throw new ImageError('unsupported', 'encodeImage', `this browser cannot encode ${format.toUpperCase()}`);
  return new Uint8Array(await blob.arrayBuffer());
};
