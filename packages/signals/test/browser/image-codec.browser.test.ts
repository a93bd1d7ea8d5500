import { expectClose } from '@neural-fields/testing';
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage, ImageError } from '../../src/index.ts';
import pictures from './golden/pictures.json' with { type: 'json' };

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), character => character.charCodeAt(0));

const values = (base64: string): number[] => Array.from(bytesOf(base64), value => value / 255);

/** Lossless formats agree to the last bit; the decoders of lossy ones may round the colour conversion differently by up to two steps of 255. */
const LOSSLESS = { absolute: 1e-7 };
const LOSSY = { absolute: 2.01 / 255 };

describe('the image codec of the browser', () => {
  it.each([
    ['png', LOSSLESS],
    ['grey', LOSSLESS],
    ['webp', LOSSLESS],
    ['jpeg', LOSSY],
    ['turned', LOSSY],
    ['avif', LOSSY],
  ] as const)('decodes %s as the one of Node does', async (name, tolerance) => {
    const { file, width, height, channels, data } = pictures[name];
    const image = await decodeImage(bytesOf(file), { channels: channels === 1 ? 'grey' : 'rgb' });
    expect(image.shape).toEqual([height, width, channels]);
    expectClose(image.data as Float32Array, values(data), tolerance, name);
  });

  it('refuses 16 bits instead of cutting them off', async () => {
    await expect(decodeImage(bytesOf(pictures.png16.file))).rejects.toThrow(
      'a browser reads 8 bits a channel and the PNG image has 16',
    );
    const image = await decodeImage(bytesOf(pictures.png.file));
    await expect(encodeImage(image, { format: 'png', bitDepth: 16 })).rejects.toThrow(ImageError);
  });

  it.each(['png', 'webp', 'jpeg'] as const)('writes %s that it reads again', async format => {
    const image = await decodeImage(bytesOf(pictures.png.file), { channels: 'rgb' });
    const again = await decodeImage(await encodeImage(image, { format, quality: 100 }), { channels: 'rgb' });
    // A browser's lossy encoders halve the resolution of colour, which this picture's colours show by a few per cent.
    expectClose(again.data as Float32Array, image.data as Float32Array, format === 'png' ? LOSSLESS : { absolute: 0.15 }, format);
  });

  it('says what is wrong with a damaged file', async () => {
    const bytes = bytesOf(pictures.jpeg.file);
    await expect(decodeImage(bytes.slice(0, 200))).rejects.toThrow(ImageError);
    await expect(decodeImage(new TextEncoder().encode('no picture'))).rejects.toThrow(ImageError);
  });
});
