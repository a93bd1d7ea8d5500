import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileError } from '../../src/node/file-error.ts';
import { readFileBytes } from '../../src/node/read-file-bytes.ts';

let folder = '';
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neural-fields-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Byte by byte; `toEqual` takes seconds. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251);

const refusal = async (promise: Promise<unknown>): Promise<Pick<FileError, 'problem' | 'message'>> => {
  const error = await promise.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FileError);
  return error as FileError;
};

describe('a file', () => {
  test('is decoded completely, up to the limit and not a byte beyond', async () => {
    await writeFile(at('file'), bytes);
    expect(same(await readFileBytes(at('file')), bytes)).toBe(true);
    expect(same(await readFileBytes(at('file'), { maxBytes: 200_000 }), bytes)).toBe(true);
    expect(await refusal(readFileBytes(at('file'), { maxBytes: 199_999 }))).toMatchObject({
      problem: 'too-large',
      message: `cannot read '${at('file')}': it has 200000 bytes, but at most 199999 are allowed (maxBytes)`,
    });
    await writeFile(at('empty'), '');
    expect(await readFileBytes(at('empty'))).toHaveLength(0);
  });

  test('of a terabyte is rejected before it is read', async () => {
    await writeFile(at('sparse'), '');
    await truncate(at('sparse'), 2 ** 40);
    expect(await refusal(readFileBytes(at('sparse')))).toMatchObject({ problem: 'too-large' });
  });

  test('that keeps growing is read to an end', async () => {
    await writeFile(at('growing'), bytes);
    let growing = true;
    const grow = async (): Promise<void> => {
      while (growing) await appendFile(at('growing'), bytes);
    };
    const grown = grow();
    const outcome = await readFileBytes(at('growing'), { maxBytes: 2 ** 22 }).catch((error: unknown) => error);
    growing = false;
    await grown;
    if (outcome instanceof Uint8Array) expect(same(outcome.subarray(0, bytes.length), bytes)).toBe(true);
    else expect(outcome).toMatchObject({ problem: 'too-large' });
  });

  test('that does not exist', async () => {
    expect(await refusal(readFileBytes(folder))).toMatchObject({ problem: 'not-a-file' });
    expect(await refusal(readFileBytes(at('absent')))).toMatchObject({ problem: 'not-found' });
  });
});

describe.skipIf(process.platform === 'win32')('what has no length', () => {
  test('an endless device is rejected at the limit', async () => {
    expect(await refusal(readFileBytes('/dev/zero', { maxBytes: 1_000_000 }))).toMatchObject({
      problem: 'too-large',
      message: "cannot read '/dev/zero': it has more than 1000000 bytes, but at most 1000000 are allowed (maxBytes)",
    });
    expect(await readFileBytes('/dev/null')).toHaveLength(0);
  });

  test('a pipe is read to its end', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const reading = readFileBytes(at('pipe'), { maxBytes: 200_000 });
    createWriteStream(at('pipe')).end(bytes);
    expect(same(await reading, bytes)).toBe(true);
  });

  test('an endless pipe is rejected, and its writer ends', async () => {
    execFileSync('mkfifo', [at('endless')]);
    const writer = spawn('sh', ['-c', `exec cat /dev/zero > '${at('endless')}'`]);
    const exit = once(writer, 'exit');
    expect(await refusal(readFileBytes(at('endless'), { maxBytes: 100_000 }))).toMatchObject({ problem: 'too-large' });
    await exit;
  });
});
