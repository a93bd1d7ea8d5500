import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ImageError } from '../../src/images/image-error.ts';
import { readImageHeader } from '../../src/images/image-header.ts';

const picture = (channels: 1 | 2 | 3 | 4) =>
  sharp(
    Uint8Array.from({ length: 20 * 30 * channels }, (_, i) => (i * 7) % 256),
    { raw: { width: 30, height: 20, channels } },
  );
const size = { width: 30, height: 20 };
const whole = { ...size, codedPixels: 600, truncated: false };

describe('agrees with what was written', () => {
  test.each([1, 2, 3, 4] as const)('PNG of %i channels', async channels => {
    const colourspace = channels <= 2 ? 'b-w' : 'srgb';
    const bytes = await picture(channels).toColourspace(colourspace).png().toBuffer();
    expect(readImageHeader(bytes)).toEqual({ format: 'png', ...whole, channels, bitDepth: 8 });
  });

  test('PNG of 16 bits, interlaced, and with a palette', async () => {
    expect(readImageHeader(await picture(3).toColourspace('rgb16').png().toBuffer())).toMatchObject({
      channels: 3,
      bitDepth: 16,
    });
    expect(readImageHeader(await picture(3).png({ progressive: true }).toBuffer())).toMatchObject({
      ...size,
      channels: 3,
    });
    expect(readImageHeader(await picture(3).png({ palette: true }).toBuffer())).toMatchObject({
      channels: 3,
      bitDepth: 8,
    });
    expect(readImageHeader(await picture(4).png({ palette: true }).toBuffer())).toMatchObject({
      channels: 4,
      bitDepth: 8,
    });
  });

  test('JPEG: baseline, progressive, grey, CMYK, with a profile and EXIF', async () => {
    const grey = await picture(1).toColourspace('b-w').jpeg().toBuffer();
    expect(readImageHeader(grey)).toEqual({ format: 'jpeg', ...whole, channels: 1, bitDepth: 8 });
    for (const image of [
      picture(3).jpeg(),
      picture(3).jpeg({ progressive: true }),
      picture(3).toColourspace('cmyk').jpeg(),
      picture(3)
        .withIccProfile('p3')
        .withExif({ IFD0: { Copyright: 'nobody' } })
        .jpeg(),
    ])
      expect(readImageHeader(await image.toBuffer())).toEqual({ format: 'jpeg', ...whole, channels: 3, bitDepth: 8 });
  });

  test('WebP: lossy, lossless, extended, animated', async () => {
    for (const [image, channels] of [
      [picture(3).webp(), 3],
      [picture(4).webp(), 4],
      [picture(3).webp({ lossless: true }), 3],
      [picture(4).webp({ lossless: true }), 4],
      [picture(3).withIccProfile('p3').webp(), 3],
    ] as const)
      expect(readImageHeader(await image.toBuffer())).toEqual({ format: 'webp', ...whole, channels, bitDepth: 8 });
  });

  test('AVIF', async () => {
    for (const channels of [3, 4] as const)
      expect(readImageHeader(await picture(channels).avif().toBuffer())).toEqual({
        format: 'avif',
        ...whole,
        channels,
        bitDepth: 8,
      });
  });
});

test('ignores bytes after the image', async () => {
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

test('every truncated file is detected, and none crashes the reader', async () => {
  const read = (bytes: Uint8Array): { readonly truncated?: boolean } | undefined => {
    try {
      return readImageHeader(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(ImageError);
      return undefined;
    }
  };
  for (const image of [picture(3).png(), picture(3).jpeg(), picture(4).webp(), picture(4).avif()]) {
    const bytes = new Uint8Array(await image.toBuffer());
    const unnoticed = Array.from(bytes.keys()).filter(length => read(bytes.subarray(0, length))?.truncated === false);
    expect(unnoticed).toEqual([]);
  }
});

describe('files that header readers and decoders might interpret differently', () => {
  const insert = (bytes: Uint8Array, at: number, more: readonly number[]): Uint8Array =>
    Uint8Array.from([...bytes.subarray(0, at), ...more, ...bytes.subarray(at)]);
  const problem = (bytes: Uint8Array): string => {
    try {
      readImageHeader(bytes);
    } catch (error) {
      return (error as ImageError).problem;
    }
    return 'none';
  };

  test('JPEG: a marker without parameters, bytes between segments, two frames', async () => {
    const bytes = new Uint8Array(await picture(3).jpeg().toBuffer());
    // TEM has no length; a reader that expects one finds the parameters of a frame that libjpeg does not see.
    const small = [0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0];
    expect(readImageHeader(insert(bytes, 2, [0xff, 0x01]))).toMatchObject(size);
    const behindFirst = 4 + (bytes[4] as number) * 256 + (bytes[5] as number);
    expect(readImageHeader(insert(bytes, behindFirst, [1, 2, 3]))).toMatchObject(size);
    expect(readImageHeader(insert(bytes, 2, [0xff, 0xfe, 0, 2 + small.length, ...small]))).toMatchObject(size);
    expect(problem(insert(bytes, 2, small))).toBe('damaged');
    expect(problem(insert(bytes, 2, [0xff, 0xd8]))).toBe('damaged');
  });

  test('PNG: another chunk before IHDR', async () => {
    const bytes = new Uint8Array(await picture(3).png().toBuffer());
    expect(problem(insert(bytes, 8, [0, 0, 0, 13, ...Buffer.from('IHDX'), ...bytes.subarray(16, 33)]))).toBe('damaged');
  });

  test('WebP: a frame that is larger than the canvas', async () => {
    const bytes = new Uint8Array(await picture(3).webp().toBuffer());
    const canvas = [...Buffer.from('VP8X'), 10, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 3, 0, 0];
    expect(problem(insert(bytes, 12, canvas))).toBe('damaged');
  });

  test('AVIF: a grid whose canvas or tiles are larger than the property states', async () => {
    // One frame, used for 16 x 16 tiles: the property states 30 x 20, the canvas is 3000 x 2000, and the tiles have 256
    // times the pixels of the frame.
    const source = await picture(3).avif().toBuffer();
    const boxAt = (type: string): Buffer => {
      const at = source.indexOf(type) - 4;
      return source.subarray(at, at + source.readUInt32BE(at));
    };
    const box = (type: string, ...content: (Uint8Array | readonly number[])[]): Buffer => {
      const body = Buffer.concat(content.map(part => Uint8Array.from(part)));
      const head = Buffer.from(`0000${type}`);
      head.writeUInt32BE(8 + body.length, 0);
      return Buffer.concat([head, body]);
    };
    const item = (id: number, type: string): Buffer => box('infe', [2, 0, 0, 0, 0, id, 0, 0], Buffer.from(type), [0]);
    const grid = [0, 0, 15, 15, 3000 >> 8, 3000 & 255, 2000 >> 8, 2000 & 255];
    const frame = boxAt('mdat').subarray(8);
    const file = (frameAt: number): Buffer => {
      const place = Buffer.alloc(4);
      place.writeUInt32BE(frameAt);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(frame.length);
      const locations = [
        1,
        0,
        0,
        0,
        0x44,
        0,
        0,
        2,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        grid.length,
        0,
        2,
        0,
        0,
        0,
        0,
        0,
        1,
      ];
      const meta = box(
        'meta',
        [0, 0, 0, 0],
        box('iinf', [0, 0, 0, 0, 0, 2], item(1, 'grid'), item(2, 'av01')),
        box('iloc', locations, place, length),
        box('iprp', box('ipco', boxAt('ispe'), boxAt('av1C'))),
        box('idat', grid),
      );
      return Buffer.concat([boxAt('ftyp'), meta, box('mdat', frame)]);
    };
    const at = file(0).length - frame.length;
    expect(readImageHeader(file(at))).toMatchObject({ ...size, codedPixels: 3000 * 2000 });
    grid.splice(4, 4, 0, 30, 0, 20);
    expect(readImageHeader(file(at))).toMatchObject({ ...size, codedPixels: 256 * 600 });
  });

  test('AVIF: a coded frame that is larger than the property states', async () => {
    const bytes = await picture(3).avif().toBuffer();
    const at = bytes.indexOf('ispe');
    bytes.writeUInt32BE(4, at + 8);
    bytes.writeUInt32BE(4, at + 12);
    expect(problem(bytes)).toBe('damaged');
  });
});

test('reads a megabyte of the shortest parts in linear time', () => {
  const repeat = (unit: readonly number[], head: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(2 ** 20);
    for (let at = 0; at < bytes.length; at += unit.length) bytes.set(unit.slice(0, bytes.length - at), at);
    bytes.set(head);
    return bytes;
  };
  const box = (type: string, ...content: Uint8Array[]): Uint8Array => {
    const length = 8 + content.reduce((sum, part) => sum + part.length, 0);
    return Buffer.concat([
      Buffer.from([length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255]),
      Buffer.from(type),
      ...content,
    ]);
  };
  const av1C = box('av1C', Uint8Array.of(0x81, 0, 0, 0));
  const properties = Buffer.concat(Array.from({ length: 200_000 }, () => av1C));
  const ispe = box('ispe', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9));
  const meta = box('meta', new Uint8Array(4), box('iprp', box('ipco', ispe, properties)));
  const avif = Buffer.concat([box('ftyp', Buffer.from('avif0000avif')), meta, box('mdat')]);
  expect(readImageHeader(avif)).toMatchObject({ width: 9, height: 9, bitDepth: 8 });
  for (const bytes of [
    repeat([0, 0, 0, 0, 0x61, 0x61, 0x61, 0x61, 0, 0, 0, 0], Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)),
    repeat([0xff, 0xe0, 0, 2], Uint8Array.of(0xff, 0xd8)),
    repeat([0, 0, 0, 8, 0x6d, 0x65, 0x74, 0x61], box('ftyp', Buffer.from('avif0000avif'))),
  ])
    expect(() => readImageHeader(bytes)).toThrow(ImageError);
});
