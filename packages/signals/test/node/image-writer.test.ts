import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createImageWriter } from '../../src/node/image-writer.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();

/** The samples of a PNG as sharp decodes them: integers, all channels. */
const samplesOf = async (path: string, channels: number, bitDepth: 8 | 16): Promise<ArrayLike<number>> => {
  const { data, info } = await sharp(path)
    .toColourspace(bitDepth === 16 ? (channels <= 2 ? 'grey16' : 'rgb16') : 'srgb')
    .raw({ depth: bitDepth === 16 ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const all = bitDepth === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  // sharp decodes 8-bit grey as RGB.
  const kept = channels === 1 ? [0] : channels === 2 ? [0, info.channels - 1] : [0, 1, 2, 3].slice(0, channels);
  return Array.from(
    { length: info.width * info.height * channels },
    (_, i) => all[Math.floor(i / channels) * info.channels + kept[i % channels]!]!,
  );
};

test('writes images of any size, channels and depth, in any number of parts', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
      fc.constantFrom(8 as const, 16 as const),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      async (width, height, channels, bitDepth, chunk, smooth) => {
        const path = at(`property-${run++}.png`);
        const rng = createRng(run);
        const maximum = 2 ** bitDepth - 1;
        const values = Float32Array.from({ length: width * height * channels }, (_, i) => {
          const x = Math.floor(i / channels) % width;
          return (smooth ? Math.floor((x / width) * maximum) : rng.integer(maximum + 1)) / maximum;
        });
        const writer = await createImageWriter(path, { width, height, channels, bitDepth });
        for (let row = 0; row < height; row += chunk)
          await writer.writeRows(
            values.subarray(row * width * channels, Math.min(height, row + chunk) * width * channels),
          );
        await writer.close();
        const { depth, channels: found } = await sharp(path).metadata();
        expect([depth, found]).toEqual([bitDepth === 16 ? 'ushort' : 'uchar', channels]);
        expect([...Array.from(await samplesOf(path, channels, bitDepth))]).toEqual(
          [...values].map(v => Math.round(v * maximum)),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('filters rows: a smooth image compresses well', async () => {
  const [width, height] = [256, 256];
  const writer = await createImageWriter(at('smooth.png'), { width, height, channels: 1, bitDepth: 8 });
  await writer.writeRows(
    Float32Array.from({ length: width * height }, (_, i) => ((i % width) + Math.floor(i / width)) / 512),
  );
  await writer.close();
  expect((await stat(at('smooth.png'))).size).toBeLessThan((width * height) / 20);
});

test('memory does not grow with the image', async () => {
  // 150 MB of samples would be noticeable if they were held in memory.
  const [width, rows, height] = [16_384, 8, 1536];
  const values = Float32Array.from({ length: width * rows * 3 }, (_, i) => (i % 1000) / 1000);
  const writer = await createImageWriter(at('large.png'), { width, height, channels: 3, bitDepth: 16 });
  await writer.writeRows(values);
  const before = process.memoryUsage().rss;
  let most = before;
  for (let row = rows; row < height; row += rows) {
    await writer.writeRows(values);
    most = Math.max(most, process.memoryUsage().rss);
  }
  await writer.close();
  expect(most - before).toBeLessThan(100e6);
  expect(await sharp(at('large.png'), { limitInputPixels: false }).metadata()).toMatchObject({
    width,
    height,
    channels: 3,
    depth: 'ushort',
  });
}, 120_000);

describe('the file appears when it is complete', () => {
  const options = { width: 4, height: 4, channels: 1 } as const;
  const row = new Float32Array(4);

  test('close replaces an older file', async () => {
    await mkdir(at('atomic'));
    await writeFile(at('atomic/a.png'), 'old');
    const writer = await createImageWriter(at('atomic/a.png'), options);
    await writer.writeRows(row);
    expect((await stat(at('atomic/a.png'))).size).toBe(3);
    await writer.writeRows(new Float32Array(12));
    await writer.close();
    expect((await stat(at('atomic/a.png'))).size).toBeGreaterThan(50);
    expect(await readdir(at('atomic'))).toEqual(['a.png']);
    await writer.abort();
    expect(existsSync(at('atomic/a.png'))).toBe(true);
  });

  test('abort at any time removes the temporary file and keeps the older file', async () => {
    await mkdir(at('aborted'));
    for (const rows of [0, 1, 4]) {
      const writer = await createImageWriter(at('aborted/a.png'), options);
      for (let i = 0; i < rows; i++) await writer.writeRows(row);
      await writer.abort();
      await writer.abort();
      expect(await readdir(at('aborted'))).toEqual([]);
      await expect(writer.writeRows(row)).rejects.toThrow('the writer is closed or aborted');
      await expect(writer.close()).rejects.toThrow('the writer is closed or aborted');
    }
  });

  test('abort during a write rejects that write', async () => {
    const wide = { width: 16_384, height: 64, channels: 3 } as const;
    await mkdir(at('during'));
    const writer = await createImageWriter(at('during/a.png'), wide);
    const writing = writer.writeRows(new Float32Array(16_384 * 64 * 3));
    const outcome = writing.then(
      () => 'written',
      () => 'rejected',
    );
    await writer.abort();
    expect(await outcome).toBe('rejected');
    expect(await readdir(at('during'))).toEqual([]);
  });

  test('missing rows', async () => {
    await mkdir(at('missing'));
    const writer = await createImageWriter(at('missing/a.png'), options);
    await writer.writeRows(row);
    await expect(writer.close()).rejects.toThrow('close: 4 rows must be written, got 1');
    expect(await readdir(at('missing'))).toEqual([]);
  });

  test('a folder that is removed', async () => {
    await mkdir(at('vanishing'));
    const writer = await createImageWriter(at('vanishing/a.png'), options);
    await writer.writeRows(new Float32Array(16));
    await rm(at('vanishing'), { recursive: true });
    await expect(writer.close()).rejects.toMatchObject({
      name: 'FileError',
      problem: 'not-found',
      path: at('vanishing/a.png'),
    });
  });
});

test('errors', async () => {
  const options = { width: 4, height: 2, channels: 3 } as const;
  await expect(createImageWriter(at('a.jpg'), options)).rejects.toMatchObject({
    name: 'ImageError',
    problem: 'unsupported',
  });
  await expect(createImageWriter(at('a.txt'), options)).rejects.toThrow('must end in .png');
  await expect(createImageWriter(at('a.png'), { ...options, width: 0 })).rejects.toThrow('got 0 x 2');
  await expect(createImageWriter(at('nowhere/a.png'), options)).rejects.toMatchObject({ problem: 'not-found' });
  await mkdir(at('a-folder.png'));
  await expect(createImageWriter(at('a-folder.png'), options)).rejects.toMatchObject({ problem: 'not-a-file' });

  const writer = await createImageWriter(at('a.png'), options);
  await expect(writer.writeRows(new Float32Array(13))).rejects.toThrow('whole rows of 4 x 3 values, got 13 values');
  await expect(writer.writeRows(new Float32Array(36))).rejects.toThrow('2 of 2 rows are left, got 3');
  await expect(writer.writeRows(new Float32Array(12).fill(Number.NaN))).rejects.toThrow('NaN at flat index 0');
  const first = writer.writeRows(new Float32Array(12));
  await expect(writer.writeRows(new Float32Array(12))).rejects.toThrow('await the previous call first');
  await first;
  await writer.writeRows(new Float32Array(12));
  await writer.close();
  expect((await sharp(at('a.png')).metadata()).height).toBe(2);
});
