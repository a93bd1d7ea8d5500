import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readImageHeader } from '../../src/images/image-header.ts';

const picture = (channels: 1 | 2 | 3 | 4) =>
  sharp(
    Uint8Array.from({ length: 20 * 30 * channels }, (_, i) => (i * 7) % 256),
    { raw: { width: 30, height: 20, channels } },
  );
const size = { width: 30, height: 20 };

describe('agrees with what was written', () => {
  test.each([1, 2, 3, 4] as const)('PNG of %i channels', async channels => {
    const colourspace = channels <= 2 ? 'b-w' : 'srgb';
    const bytes = await picture(channels).toColourspace(colourspace).png().toBuffer();
    expect(readImageHeader(bytes)).toEqual({ format: 'png', ...size, channels, bitDepth: 8 });
  });

  test('PNG of 16 bits, interlaced, and with a palette', async () => {
    expect(readImageHeader(await picture(3).toColourspace('rgb16').png().toBuffer())).toMatchObject({
      channels: 3,
      bitDepth: 16,
    });
    expect(readImageHeader(await picture(3).png({ progressive: true }).toBuffer())).toMatchObject({ ...size, channels: 3 });
    expect(readImageHeader(await picture(3).png({ palette: true }).toBuffer())).toMatchObject({ channels: 3, bitDepth: 8 });
    expect(readImageHeader(await picture(4).png({ palette: true }).toBuffer())).toMatchObject({ channels: 4, bitDepth: 8 });
  });

  test('JPEG: baseline, progressive, grey, CMYK, with a profile and EXIF', async () => {
    const grey = await picture(1).toColourspace('b-w').jpeg().toBuffer();
    expect(readImageHeader(grey)).toEqual({ format: 'jpeg', ...size, channels: 1, bitDepth: 8 });
    for (const image of [
      picture(3).jpeg(),
      picture(3).jpeg({ progressive: true }),
      picture(3).toColourspace('cmyk').jpeg(),
      picture(3)
        .withIccProfile('p3')
        .withExif({ IFD0: { Copyright: 'nobody' } })
        .jpeg(),
    ])
      expect(readImageHeader(await image.toBuffer())).toEqual({ format: 'jpeg', ...size, channels: 3, bitDepth: 8 });
  });

  test('WebP: lossy, lossless, extended, animated', async () => {
    for (const [image, channels] of [
      [picture(3).webp(), 3],
      [picture(4).webp(), 4],
      [picture(3).webp({ lossless: true }), 3],
      [picture(4).webp({ lossless: true }), 4],
      [picture(3).withIccProfile('p3').webp(), 3],
    ] as const)
      expect(readImageHeader(await image.toBuffer())).toEqual({ format: 'webp', ...size, channels, bitDepth: 8 });
  });

  test('AVIF', async () => {
    for (const channels of [3, 4] as const)
      expect(readImageHeader(await picture(channels).avif().toBuffer())).toEqual({
        format: 'avif',
        ...size,
        channels,
        bitDepth: 8,
      });
  });
});

test('bytes after the image do no harm', async () => {
  for (const image of [picture(3).png(), picture(3).jpeg(), picture(3).webp()]) {
    const bytes = await image.toBuffer();
    expect(readImageHeader(Buffer.concat([bytes, Buffer.from('more')]))).toMatchObject(size);
  }
});

test('a view into a larger buffer', async () => {
  const bytes = await picture(3).png().toBuffer();
  const larger = new Uint8Array(bytes.length + 100);
  larger.set(bytes, 50);
  expect(readImageHeader(larger.subarray(50, 50 + bytes.length))).toMatchObject({ format: 'png', ...size });
});

test('every file that is cut short is refused, and none crashes the reader', async () => {
  for (const image of [picture(3).png(), picture(3).jpeg(), picture(4).webp(), picture(4).avif()]) {
    const bytes = new Uint8Array(await image.toBuffer());
    for (let length = 0; length < bytes.length; length++)
      expect(() => readImageHeader(bytes.subarray(0, length)), `${length} of ${bytes.length}`).toThrow(/^decodeImage: /);
  }
});
