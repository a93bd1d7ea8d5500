import { Buffer } from 'node:buffer';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/images/decode-image.ts';
import { ImageError, type ImageProblem } from '../../src/images/image-error.ts';
import { jpegDamage } from '../../src/images/jpeg-damage.ts';
import { finish } from '../../src/work/work.ts';

const picture = (width: number, height: number, channels: 1 | 3 = 3): sharp.Sharp =>
  sharp(
    Uint8Array.from({ length: width * height * channels }, (_, i) => ((i * 7919) >> 3) % 256),
    { raw: { width, height, channels } },
  ).toColourspace(channels === 1 ? 'b-w' : 'srgb');

const problemOf = async (bytes: Uint8Array): Promise<ImageProblem | 'none'> => {
  const error = await decodeImage(bytes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return 'none';
  expect(error).toBeInstanceOf(ImageError);
  return (error as ImageError).problem;
};

const END = Buffer.from([0xff, 0xd9]);

/** A file without the last part of its coded data, but with its end marker. */
const shortened = (jpeg: Buffer, part: number): Buffer => {
  const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  return Buffer.concat([jpeg.subarray(0, scan + 14 + Math.floor(part * (jpeg.length - scan - 16))), END]);
};

const kinds = [1, 3].flatMap(channels =>
  [false, true].flatMap(progressive =>
    ['4:4:4', '4:2:0'].flatMap(chromaSubsampling =>
      [false, true].map(
        mozjpeg => [{ progressive, chromaSubsampling, mozjpeg, quality: 85 }, channels as 1 | 3] as const,
      ),
    ),
  ),
);

describe.each(kinds)('JPEG %o of %i channels', (options, channels) => {
  test.each([
    [64, 48],
    [37, 53],
    [8, 8],
  ])('%i x %i is complete, and incomplete when data are missing', async (width, height) => {
    const whole = await picture(width, height, channels).jpeg(options).toBuffer();
    expect(finish(jpegDamage(whole))).toBeUndefined();
    expect((await decodeImage(whole)).notes).toEqual([]);
    for (const part of [0.05, 0.5, 0.8])
      expect(await problemOf(shortened(whole, part)), `${part}`).toMatch(/^(damaged|truncated)$/);
  });
});

describe('JPEG', () => {
  const whole = picture(64, 64).jpeg({ quality: 90 }).toBuffer();

  test('half of an image is rejected with the row where it ends, or decoded with a note', async () => {
    const half = shortened(await whole, 0.5);
    await expect(decodeImage(half)).rejects.toThrow(
      /^decodeImage: the JPEG image is incomplete: its coded data end in row \d of 4$/,
    );
    const { notes, shape, data } = await decodeImage(half, { allowDamaged: true });
    expect(shape).toEqual([64, 64, 3]);
    expect(notes).toEqual([
      {
        kind: 'damaged',
        text: expect.stringMatching(/^the JPEG image is incomplete: .* in row \d of 4; the readable part is used$/),
      },
    ]);
    const expected = await decodeImage(await whole);
    // The last row of a unit is interpolated with the first of the next.
    expect(data.subarray(0, 15 * 64 * 3)).toEqual(expected.data.subarray(0, 15 * 64 * 3));
  });

  test('a file that ends early is decoded with allowDamaged', async () => {
    const bytes = await whole;
    const cut = bytes.subarray(0, bytes.length - 500);
    expect(await problemOf(cut)).toBe('truncated');
    expect((await decodeImage(cut, { allowDamaged: true })).notes).toEqual([
      { kind: 'damaged', text: `the JPEG image ends early, after ${cut.length} bytes; the readable part is used` },
    ]);
  });

  test('a restart interval is missing, or a marker', async () => {
    // The header declares restart markers after every row of units, but the coded data have none.
    const bytes = await whole;
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
    const dri = Buffer.from([0xff, 0xdd, 0, 4, 0, 4]);
    const promised = Buffer.concat([bytes.subarray(0, scan), dri, bytes.subarray(scan)]);
    expect(finish(jpegDamage(promised))).toBe('a restart marker is missing in row 1 of 4');
    expect(await problemOf(promised)).toBe('damaged');
  });

  test('a channel without data', async () => {
    // A grey image whose frame declares three channels.
    const bytes = await picture(16, 16, 1).jpeg().toBuffer();
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    const three = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 16, 0, 16, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    const colour = Buffer.concat([bytes.subarray(0, frame), three, bytes.subarray(frame + 13)]);
    expect(bytes.readUInt16BE(frame + 2)).toBe(11);
    expect(finish(jpegDamage(colour))).toBe('channel 2 of 3 has no coded data');
    expect(await problemOf(colour)).toBe('damaged');
  });

  test('the last scan of a progressive file', async () => {
    const bytes = await picture(64, 64).jpeg({ progressive: true }).toBuffer();
    const last = bytes.lastIndexOf(Buffer.from([0xff, 0xda]));
    expect(finish(jpegDamage(Buffer.concat([bytes.subarray(0, last), END])))).toBe('its last scans are missing');
  });

  test('unusual but complete files are decoded', async () => {
    const expected = await decodeImage(await whole);
    const bytes = await whole;
    const progressive = await picture(64, 64).jpeg({ quality: 90, progressive: true }).toBuffer();
    const spare = Buffer.from([1, 2, 3, 4, 5, 6]);
    const behindFirst = 4 + bytes.readUInt16BE(4);
    for (const odd of [
      Buffer.concat([bytes, spare]),
      Buffer.concat([bytes.subarray(0, -2), spare, END]),
      Buffer.concat([bytes.subarray(0, behindFirst), spare, bytes.subarray(behindFirst)]),
      Buffer.concat([bytes.subarray(0, 2), Buffer.from([0xff, 0x01]), bytes.subarray(2)]),
    ])
      expect(await decodeImage(odd)).toEqual(expected);
    const odd = await decodeImage(Buffer.concat([progressive.subarray(0, -2), spare, END]));
    expect(odd).toEqual(await decodeImage(progressive));
  });
});

describe('PNG', () => {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length, 0);
    out.write(type, 4, 'latin1');
    out.set(data, 8);
    out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
    return out;
  };

  test('half of the pixels, a changed byte, no data at all', async () => {
    const bytes = await picture(40, 40).png().toBuffer();
    const at = bytes.indexOf('IDAT') - 4;
    const data = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    const withData = (other: Uint8Array): Buffer =>
      Buffer.concat([bytes.subarray(0, at), chunk('IDAT', other), chunk('IEND', new Uint8Array())]);
    expect(await problemOf(withData(data))).toBe('none');
    const rows = inflateSync(data);
    for (const bad of [
      data.subarray(0, data.length / 2),
      deflateSync(rows.subarray(0, rows.length / 2)),
      deflateSync(Buffer.alloc(0)),
    ]) {
      expect(await problemOf(withData(bad))).toBe('damaged');
      const read = await decodeImage(withData(bad), { allowDamaged: true }).catch((error: unknown) => error);
      if (!(read instanceof ImageError))
        expect(read).toMatchObject({ shape: [40, 40, 3], notes: [{ kind: 'damaged' }] });
    }
    const changed = Buffer.from(bytes);
    changed[at + 8 + 100]! ^= 1;
    expect(await problemOf(changed)).toBe('damaged');
  });
});

test.each(['webp', 'avif'] as const)('half of a %s with consistent lengths', async format => {
  const bytes = await picture(64, 64)
    .toFormat(format, { lossless: format === 'webp' })
    .toBuffer();
  const half = bytes.subarray(0, 2 * Math.floor(bytes.length / 4));
  if (format === 'webp') {
    half.writeUInt32LE(half.length - 8, 4);
    half.writeUInt32LE(half.length - 20, 16);
  } else {
    const at = half.indexOf('mdat') - 4;
    half.writeUInt32BE(half.length - at, at);
  }
  expect(await problemOf(half)).toBe('damaged');
});

describe('the limit of pixels applies to what is decoded, not to what the header states', () => {
  const limit = { maxPixels: 1000 };

  test('a JPEG whose header the two readers interpret differently', async () => {
    const bytes = await picture(64, 64).jpeg().toBuffer();
    const small = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 4, 0, 4, 1, 1, 0x11, 0]);
    for (const before of [
      small,
      Buffer.concat([Buffer.from([0xff, 0x01, 0, 2]), small]),
      Buffer.concat([Buffer.from([0xff, 0xd0, 0, 20]), small]),
    ]) {
      const error = await decodeImage(Buffer.concat([bytes.subarray(0, 2), before, bytes.subarray(2)]), limit).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ImageError);
      expect(['too-large', 'damaged']).toContain((error as ImageError).problem);
    }
  });

  test('an AVIF whose frame is larger than the file states', async () => {
    const side = 1200;
    const bytes = await sharp({ create: { width: side, height: side, channels: 3, background: 'red' } })
      .avif({ effort: 0 })
      .toBuffer();
    const at = bytes.indexOf('ispe');
    bytes.writeUInt32BE(16, at + 8);
    bytes.writeUInt32BE(16, at + 12);
    expect(await problemOf(bytes)).toBe('damaged');
  });

  test('the limit itself', async () => {
    const bytes = await picture(8, 8).png().toBuffer();
    for (const maxPixels of [0, -1, Number.NaN])
      await expect(decodeImage(bytes, { maxPixels })).rejects.toThrow(RangeError);
    expect((await decodeImage(bytes, { maxPixels: Number.POSITIVE_INFINITY })).shape).toEqual([8, 8, 3]);
    expect((await decodeImage(bytes, { maxPixels: 64.5 })).shape).toEqual([8, 8, 3]);
  });
});
