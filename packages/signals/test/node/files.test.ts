import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { FileError } from '@neural-fields/core/node';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { ImageError } from '../../src/images/image-error.ts';
import { readAudio, writeAudio } from '../../src/node/audio-files.ts';
import { readImage, writeImage } from '../../src/node/image-files.ts';
import { element } from '../element.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const image = ndarray(
  Float32Array.from({ length: 6 * 5 * 3 }, (_, i) => i / 90),
  [6, 5, 3],
);
const audio = { samples: ndarray(new Float32Array([0, 0.5, -0.5]), [3, 1]), sampleRate: 8000 };

const errorOf = (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe('images', () => {
  test.each(['a.png', 'b.JPG', 'c.jpeg', 'd.webp', 'e.avif'])(
    '%s is written according to its extension, and read',
    async name => {
      await writeImage(at(name), image, { quality: 95 });
      const back = await readImage(at(name));
      expect(back.shape).toEqual([6, 5, 3]);
      expect(element(back, 3, 2, 1)).toBeCloseTo(element(image, 3, 2, 1), 1);
    },
  );

  test('16 bits', async () => {
    await writeImage(at('deep.png'), image, { bitDepth: 16 });
    expect(element(await readImage(at('deep.png')), 0, 0, 1)).toBeCloseTo(1 / 90, 5);
  });

  test('an explicit format overrides the extension', async () => {
    await writeImage(at('picture'), image, { format: 'png' });
    expect((await readImage(at('picture'))).shape).toEqual([6, 5, 3]);
    await expect(writeImage(at('picture'), image)).rejects.toThrow(/must end in .png, .jpg, .jpeg, .webp, .avif, got/);
  });

  test('errors contain the path', async () => {
    const missing = await errorOf(readImage(at('missing.png')));
    expect(missing).toBeInstanceOf(FileError);
    expect(missing).toMatchObject({
      problem: 'not-found',
      path: at('missing.png'),
      message: `cannot read '${at('missing.png')}': there is no such file or folder (ENOENT)`,
    });

    await mkdir(at('folder.png'));
    expect(await errorOf(readImage(at('folder.png')))).toMatchObject({
      problem: 'not-a-file',
      message: expect.stringContaining('it is a folder'),
    });
    expect(await errorOf(writeImage(at('folder.png'), image))).toMatchObject({
      problem: 'not-a-file',
      path: at('folder.png'),
    });
    expect(await errorOf(writeImage(at('no-folder/a.png'), image))).toMatchObject({ problem: 'not-found' });

    await writeFile(at('text.png'), 'I am text');
    const text = await errorOf(readImage(at('text.png')));
    expect(text).toBeInstanceOf(ImageError);
    expect(text).toMatchObject({ problem: 'not-an-image', message: expect.stringContaining(at('text.png')) });
    await writeFile(at('empty.png'), '');
    expect(await errorOf(readImage(at('empty.png')))).toMatchObject({
      problem: 'empty-file',
      message: expect.stringContaining('got 0 bytes'),
    });
  });

  test('a failure leaves the old file and no temporary file', async () => {
    await mkdir(at('kept'));
    await writeImage(at('kept/a.png'), image);
    const before = await readFile(at('kept/a.png'));
    const bad = ndarray(new Float32Array([Number.NaN]), [1, 1, 1]);
    await expect(writeImage(at('kept/a.png'), bad)).rejects.toThrow('NaN');
    expect(await readFile(at('kept/a.png'))).toEqual(before);
    expect(await readdir(at('kept'))).toEqual(['a.png']);
  });
});

describe('sound', () => {
  test('is written and read', async () => {
    await writeAudio(at('a.wav'), audio, { sampleFormat: 'float32' });
    const back = await readAudio(at('a.wav'));
    expect(back.sampleRate).toBe(8000);
    expect([...back.samples.data]).toEqual([0, 0.5, -0.5]);
  });

  test('errors contain the path', async () => {
    expect(await errorOf(readAudio(at('missing.wav')))).toMatchObject({ name: 'FileError', problem: 'not-found' });
    await writeFile(at('text.wav'), 'I am text');
    expect(await errorOf(readAudio(at('text.wav')))).toMatchObject({
      name: 'AudioError',
      problem: 'not-audio',
      message: expect.stringContaining(at('text.wav')),
    });
  });
});
