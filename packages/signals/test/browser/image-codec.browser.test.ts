import { expectClose } from '@neural-fields/testing';
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeImage, ImageError } from '../../src/index.ts';
import pictures from './golden/pictures.json' with { type: 'json' };

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), character => character.charCodeAt(0));

const values = (base64: string): number[] => Array.from(bytesOf(base64), value => value / 255);

/**
 * Lossless formats agree to the last bit; the decoders of lossy ones may round the colour conversion differently by up
 * to two steps of 255.
 */
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
  ] as const)('decodes %s like that of Node', async (name, tolerance) => {
    const { file, width, height, channels, data } = pictures[name];
    const image = await decodeImage(bytesOf(file), { channels: channels === 1 ? 'grey' : 'rgb' });
    expect(image.shape).toEqual([height, width, channels]);
    expectClose(image.data as Float32Array, values(data), tolerance, name);
  });

  it('rejects 16 bits instead of truncating them', async () => {
    await expect(decodeImage(bytesOf(pictures.png16.file))).rejects.toThrow(
      'browsers decode 8 bits per channel, but the PNG image has 16',
    );
    const image = await decodeImage(bytesOf(pictures.png.file));
    await expect(encodeImage(image, { format: 'png', bitDepth: 16 })).rejects.toThrow(ImageError);
  });

  it.each(['png', 'webp', 'jpeg'] as const)('encodes %s files that it can decode', async format => {
    const image = await decodeImage(bytesOf(pictures.png.file), { channels: 'rgb' });
    const again = await decodeImage(await encodeImage(image, { format, quality: 100 }), { channels: 'rgb' });
    // Lossy encoders of browsers halve the colour resolution, which changes the colours of this image by a few per
    // cent.
    expectClose(
      again.data as Float32Array,
      image.data as Float32Array,
      format === 'png' ? LOSSLESS : { absolute: 0.15 },
      format,
    );
  });

  it('describes what is wrong with a damaged file', async () => {
    const bytes = bytesOf(pictures.jpeg.file);
    await expect(decodeImage(bytes.slice(0, 200))).rejects.toThrow(ImageError);
    await expect(decodeImage(new TextEncoder().encode('no picture'))).rejects.toThrow(ImageError);
  });

  describe('a file whose second half is missing', () => {
    const chunk = (bytes: Uint8Array, at: number): { length: number; end: number } => {
      const length = new DataView(bytes.buffer).getUint32(at);
      return { length, end: at + 12 + length };
    };
    /** Truncates the pixel data to half, with a matching length and checksum. */
    const halfPng = async (): Promise<Uint8Array<ArrayBuffer>> => {
      const bytes = bytesOf(pictures.png.file);
      let at = 8;
      while (String.fromCharCode(...bytes.subarray(at + 4, at + 8)) !== 'IDAT') at = chunk(bytes, at).end;
      const { length, end } = chunk(bytes, at);
      const half = Math.floor(length / 2);
      const body = bytes.slice(at + 4, at + 8 + half);
      let sum = 0xffffffff;
      for (const byte of body) {
        sum ^= byte;
        for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
      }
      const parts = [bytes.slice(0, at), new Uint8Array(4), body, new Uint8Array(4), bytes.slice(end)];
      new DataView((parts[1] as Uint8Array<ArrayBuffer>).buffer).setUint32(0, half);
      new DataView((parts[3] as Uint8Array<ArrayBuffer>).buffer).setUint32(0, ~sum >>> 0);
      return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    };
    const halfJpeg = (): Uint8Array<ArrayBuffer> => {
      const bytes = bytesOf(pictures.jpeg.file);
      const scan = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xda);
      return Uint8Array.from([...bytes.subarray(0, Math.floor((scan + bytes.length) / 2)), 0xff, 0xd9]);
    };
    const halfWebp = (): Uint8Array<ArrayBuffer> => {
      const bytes = bytesOf(pictures.webp.file);
      const half = bytes.slice(0, 2 * Math.floor(bytes.length / 4));
      const view = new DataView(half.buffer);
      view.setUint32(4, half.length - 8, true);
      view.setUint32(16, half.length - 20, true);
      return half;
    };

    it('is rejected', async () => {
      await expect(decodeImage(halfJpeg())).rejects.toThrow('the JPEG image is incomplete: its coded data end in row');
      for (const bytes of [await halfPng(), halfWebp()]) await expect(decodeImage(bytes)).rejects.toThrow(ImageError);
    });

    it('is decoded as far as possible with allowDamaged, with a note', async () => {
      const { shape, notes } = await decodeImage(halfJpeg(), { allowDamaged: true });
      expect(shape).toEqual([16, 24, 3]);
      expect(notes).toEqual([{ kind: 'damaged', text: expect.stringContaining('its coded data end in row') }]);
    });
  });

  it('enforces the limit of pixels', async () => {
    await expect(decodeImage(bytesOf(pictures.png.file), { maxPixels: 383 })).rejects.toThrow(
      'at most 383 pixels (maxPixels), got 24 x 16',
    );
    const small = bytesOf(pictures.avif.file);
    const at = small.findIndex((_, i) => String.fromCharCode(...small.subarray(i, i + 4)) === 'ispe');
    new DataView(small.buffer).setUint32(at + 8, 2);
    new DataView(small.buffer).setUint32(at + 12, 2);
    await expect(decodeImage(small)).rejects.toThrow(ImageError);
  });
});
