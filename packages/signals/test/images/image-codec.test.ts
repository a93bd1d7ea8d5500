import { gzipSync } from 'node:zlib';
import ndarray from 'ndarray';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/images/decode-image.ts';
import { encodeImage } from '../../src/images/encode-image.ts';
import type { Image } from '../../src/images/image.ts';
import { ImageError, type ImageProblem } from '../../src/images/image-error.ts';
import { element } from '../element.ts';
import { TEN_BIT_AVIF } from '../golden/ten-bit-avif.ts';

/** An image of distinct values that the bit depth represents exactly. */
const ramp = (height: number, width: number, channels: number, bitDepth: 8 | 16 = 8): Image => {
  const maximum = 2 ** bitDepth - 1;
  const values = Float32Array.from(
    { length: height * width * channels },
    (_, i) => ((i * 4099 + 7) % (maximum + 1)) / maximum,
  );
  return ndarray(values, [height, width, channels]);
};

/** A smooth image, which lossy formats preserve well. */
const smooth = (height: number, width: number, channels: number): Image =>
  ndarray(
    Float32Array.from({ length: height * width * channels }, (_, i) => {
      const [y, x, c] = [Math.floor(i / channels / width), Math.floor(i / channels) % width, i % channels];
      return channels % 2 === 0 && c === channels - 1
        ? 1 - y / height / 2
        : 0.5 + 0.4 * Math.sin(x / 9 + c) * Math.cos(y / 7);
    }),
    [height, width, channels],
  );

const largestDifference = (a: Image, b: Image): number => {
  expect(a.shape).toEqual(b.shape);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.data[i] as number))), 0);
};

const problemOf = async (action: Promise<unknown>): Promise<{ problem: ImageProblem; message: string }> => {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ImageError);
  return error as ImageError;
};

describe('PNG', () => {
  test.each([8, 16] as const)('keeps 1 to 4 channels of %i bits exactly', async bitDepth => {
    for (const channels of [1, 2, 3, 4]) {
      const image = ramp(5, 7, channels, bitDepth);
      const back = await decodeImage(await encodeImage(image, { format: 'png', bitDepth }), { channels: 'keep' });
      expect(largestDifference(back, image)).toBe(0);
    }
  });

  test('writes the requested bit depth and channels', async () => {
    const grey = await sharp(await encodeImage(ramp(2, 2, 1, 16), { format: 'png', bitDepth: 16 })).metadata();
    expect(grey).toMatchObject({ depth: 'ushort', channels: 1, hasAlpha: false });
    const rgba = await sharp(await encodeImage(ramp(2, 2, 4), { format: 'png' })).metadata();
    expect(rgba).toMatchObject({ depth: 'uchar', channels: 4, hasAlpha: true });
  });

  test('clips and rounds', async () => {
    const image = ndarray(new Float32Array([-0.5, 1.5, 100.4 / 255, 100.6 / 255]), [1, 4, 1]);
    const back = await decodeImage(await encodeImage(image, { format: 'png' }), { channels: 'keep' });
    expect([...back.data].map(value => Math.round(value * 255))).toEqual([0, 255, 100, 101]);
  });

  test('reads strided views', async () => {
    const image = ramp(4, 6, 3);
    const flipped = ndarray(image.data, image.shape).step(-1, 2, 1);
    const back = await decodeImage(await encodeImage(flipped, { format: 'png' }));
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 3; x++)
        for (let c = 0; c < 3; c++) expect(element(back, y, x, c)).toBe(element(image, 3 - y, 2 * x, c));
  });

  test('reads palettes with and without transparency, and 1-bit grey', async () => {
    const pixels = Uint8Array.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 0, 10, 20, 30, 255]);
    const palette = await sharp(pixels, { raw: { width: 2, height: 2, channels: 4 } })
      .png({ palette: true })
      .toBuffer();
    const image = await decodeImage(palette, { channels: 'keep' });
    expect(image.shape).toEqual([2, 2, 4]);
    expect([element(image, 0, 0, 0), element(image, 0, 0, 3), element(image, 1, 0, 3)]).toEqual([1, 1, 0]);
    const bits = await sharp(Uint8Array.from([0, 255, 255, 0]), { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .png({ palette: true, colours: 2 })
      .toBuffer();
    expect([...(await decodeImage(bits, { channels: 'grey' })).data]).toEqual([0, 1, 1, 0]);
  });
});

describe('lossy formats', () => {
  test.each([
    ['jpeg', 1, 0.02],
    ['jpeg', 3, 0.03],
    ['webp', 3, 0.06],
    ['webp', 4, 0.06],
    ['avif', 3, 0.03],
    ['avif', 4, 0.03],
  ] as const)('%s preserves %i smooth channels within %f', async (format, channels, tolerance) => {
    const image = smooth(48, 64, channels);
    const bytes = await encodeImage(image, { format, quality: 95 });
    expect((await sharp(bytes).metadata()).format).toBe(format === 'avif' ? 'heif' : format);
    expect(largestDifference(await decodeImage(bytes, { channels: 'keep' }), image)).toBeLessThan(tolerance);
  });

  test('a lower quality gives fewer bytes', async () => {
    const image = ramp(64, 64, 3);
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const [low, high] = [
        await encodeImage(image, { format, quality: 20 }),
        await encodeImage(image, { format, quality: 95 }),
      ];
      expect(low.length).toBeLessThan(high.length);
    }
  });

  test('grey is decoded from WebP and AVIF as RGB with equal channels', async () => {
    for (const format of ['webp', 'avif'] as const) {
      const back = await decodeImage(await encodeImage(smooth(16, 16, 1), { format }), { channels: 'keep' });
      expect(back.shape).toEqual([16, 16, 3]);
      expect(element(back, 3, 4, 0)).toBeCloseTo(element(back, 3, 4, 2), 1);
    }
  });
});

describe('channels and alpha', () => {
  const halfRed = async (): Promise<Uint8Array> =>
    encodeImage(ndarray(new Float32Array([1, 0, 0, 0.2, 0, 1, 0, 1]), [1, 2, 4]), { format: 'png', bitDepth: 16 });

  test('RGB is the default, and alpha is composited over white', async () => {
    const image = await decodeImage(await halfRed());
    expect(image.shape).toEqual([1, 2, 3]);
    for (const [i, value] of [1, 0.8, 0.8, 0, 1, 0].entries()) expect(image.data[i]).toBeCloseTo(value, 4);
  });

  test('another background, no background, or an error', async () => {
    const bytes = await halfRed();
    const over = await decodeImage(bytes, { background: [0, 0, 1] });
    for (const [i, value] of [0.2, 0, 0.8].entries()) expect(over.data[i]).toBeCloseTo(value, 4);
    expect([...(await decodeImage(bytes, { alpha: 'drop' })).data.slice(0, 3)]).toEqual([1, 0, 0]);
    await expect(decodeImage(bytes, { alpha: 'error' })).rejects.toThrow(/pixel \[0, 0\] is not opaque/);
    expect(element(await decodeImage(bytes, { alpha: 'error', channels: 'rgba' }), 0, 0, 3)).toBeCloseTo(0.2, 4);
  });

  test('grey is Rec. 601 luma of the encoded values', async () => {
    const image = await decodeImage(
      await encodeImage(ndarray(new Float32Array([1, 0, 0, 0, 1, 0, 0, 0, 1, 0.6, 0.6, 0.6]), [1, 4, 3]), {
        format: 'png',
      }),
      {
        channels: 'grey',
      },
    );
    expect(image.shape).toEqual([1, 4, 1]);
    for (const [i, value] of [0.299, 0.587, 0.114, 0.6].entries()) expect(image.data[i]).toBeCloseTo(value, 6);
  });

  test('grey is expanded to RGB and RGBA', async () => {
    const bytes = await encodeImage(ndarray(new Float32Array([0.2, 1]), [1, 1, 2]), { format: 'png' });
    expect([...(await decodeImage(bytes, { channels: 'rgba' })).data].map(value => Number(value.toFixed(5)))).toEqual([
      0.2, 0.2, 0.2, 1,
    ]);
    const sixteen = await encodeImage(ndarray(new Float32Array([0.25]), [1, 1, 1]), { format: 'png', bitDepth: 16 });
    for (const value of (await decodeImage(sixteen)).data) expect(value).toBeCloseTo(0.25, 4);
  });
});

test('EXIF orientation is applied', async () => {
  const source = await sharp(
    Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => 10 * i),
    { raw: { width: 3, height: 2, channels: 3 } },
  )
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const image = await decodeImage(source);
  expect(image.shape).toEqual([3, 2, 3]);
  // Orientation 6: the file's left column is the picture's top row, so the picture's top right is the file's top left.
  expect(Math.round(element(image, 0, 1, 0) * 255)).toBe(0);
  expect(Math.round(element(image, 0, 0, 0) * 255)).toBe(90);
});

test('a colour profile does not change the values', async () => {
  const image = ramp(8, 8, 3);
  const tagged = await sharp(await encodeImage(image, { format: 'png' }))
    .keepIccProfile()
    .withIccProfile('p3')
    .png()
    .toBuffer();
  const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
  const back = await decodeImage(tagged);
  expect([...back.data].map(value => Math.round(value * 255))).toEqual([...stored]);
});

describe('errors', () => {
  test('no bytes', async () => {
    const { problem, message } = await problemOf(decodeImage(new Uint8Array()));
    expect(problem).toBe('empty-file');
    expect(message).toBe('decodeImage: wanted the bytes of an image, got 0 bytes');
  });

  test('text, and bytes in no known format', async () => {
    const text = await problemOf(decodeImage(new TextEncoder().encode('hello, I am a text file')));
    expect(text).toMatchObject({
      problem: 'not-an-image',
      message: expect.stringContaining('text ("hello, I am a text file")'),
    });
    const noise = await problemOf(decodeImage(Uint8Array.from([0xde, 0xad, 0xbe, 0xef])));
    expect(noise).toMatchObject({ problem: 'not-an-image', message: expect.stringContaining('4 bytes (de ad be ef)') });
  });

  test('formats that are recognised but not supported', async () => {
    const gif = await sharp(Uint8Array.from([1, 2, 3]), { raw: { width: 1, height: 1, channels: 3 } })
      .gif()
      .toBuffer();
    expect(await problemOf(decodeImage(gif))).toMatchObject({
      problem: 'unsupported',
      message: expect.stringContaining('a GIF image'),
    });
    const svg = new TextEncoder().encode('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>');
    expect(await problemOf(decodeImage(svg))).toMatchObject({
      problem: 'unsupported',
      message: expect.stringContaining('an SVG drawing'),
    });
    expect(await problemOf(decodeImage(gzipSync('v 0 0 0')))).toMatchObject({
      problem: 'unsupported',
      message: expect.stringContaining('a gzip file, which must be unpacked'),
    });
  });

  test('AVIF of 10 bits', async () => {
    const { problem, message } = await problemOf(decodeImage(Buffer.from(TEN_BIT_AVIF, 'base64')));
    expect([problem, message]).toEqual([
      'unsupported',
      'decodeImage: images must have 8 bits per channel, or 16 for PNG; got AVIF of 10 bits',
    ]);
  });

  test.each(['png', 'jpeg', 'webp', 'avif'] as const)('a truncated %s, cut anywhere', async format => {
    const bytes = await encodeImage(smooth(40, 40, 3), { format });
    for (const part of [0.03, 0.1, 0.3, 0.5, 0.8, 0.99]) {
      const cut = bytes.slice(0, Math.max(14, Math.floor(part * bytes.length)));
      expect(await problemOf(decodeImage(cut)), `cut at ${part}`).toMatchObject({ problem: 'truncated' });
    }
  });

  test('damaged data inside a complete file', async () => {
    const bytes = await encodeImage(ramp(40, 40, 3), { format: 'png' });
    for (let i = bytes.length - 60; i < bytes.length - 20; i++) bytes[i] = 0xff;
    expect((await problemOf(decodeImage(bytes))).problem).toBe('damaged');
  });

  test('a PNG of 0 x 0', async () => {
    const bytes = await encodeImage(ramp(1, 1, 1), { format: 'png' });
    bytes.fill(0, 16, 24);
    const { problem, message } = await problemOf(decodeImage(bytes));
    expect([problem, message]).toEqual([
      'too-small',
      'decodeImage: the image must have at least one pixel, got 0 x 0 (PNG)',
    ]);
  });

  test('more pixels than allowed', async () => {
    const bytes = await encodeImage(ramp(4, 5, 1), { format: 'png' });
    expect((await problemOf(decodeImage(bytes, { maxPixels: 19 }))).message).toContain(
      'at most 19 pixels (maxPixels), got 5 x 4',
    );
    expect((await decodeImage(bytes, { maxPixels: 20 })).shape).toEqual([4, 5, 3]);
  });

  test('images that cannot be encoded', async () => {
    const image = ramp(2, 2, 4);
    await expect(encodeImage(image, { format: 'jpeg' })).rejects.toThrow(
      'JPEG has no alpha: image must have 1 or 3 channels, got 4',
    );
    expect((await problemOf(encodeImage(image, { format: 'webp', bitDepth: 16 }))).problem).toBe('unsupported');
    await expect(encodeImage(ndarray(new Float32Array(4), [2, 2]), { format: 'png' })).rejects.toThrow('got [2, 2]');
    await expect(encodeImage(ndarray(new Float32Array(0), [0, 2, 3]), { format: 'png' })).rejects.toThrow(
      'got [0, 2, 3]',
    );
    await expect(encodeImage(image, { format: 'webp', quality: 0 })).rejects.toThrow(
      'quality must be an integer from 1 to 100, got 0',
    );
    await expect(encodeImage(ndarray(new Float32Array([0, Number.NaN]), [1, 2, 1]), { format: 'png' })).rejects.toThrow(
      'NaN at flat index 1',
    );
    expect(
      (await problemOf(encodeImage(ndarray(new Float32Array(16384), [1, 16384, 1]), { format: 'webp' }))).problem,
    ).toBe('too-large');
  });
});
