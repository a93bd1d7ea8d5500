import { type FileHandle, open } from 'node:fs/promises';
import { assertOptions } from '../options.ts';
import { describeFileError, FileError } from './file-error.ts';

/** The options of {@link readFileBytes}. */
export interface ReadFileOptions {
  /**
   * The maximum number of bytes, checked before reading if the length is known. Default: 2 GiB for a file, and 256 MiB
   * for a pipe or a device, whose length is unknown.
   */
  readonly maxBytes?: number;
}

const FILE_LIMIT = 2 ** 31;
const STREAM_LIMIT = 2 ** 28;

/** The number of bytes per read call. */
const READ = 2 ** 24;

const tooLarge = (path: string, found: string, maxBytes: number): FileError =>
  new FileError('too-large', path, {
    tried: 'read',
    reason: `it has ${found}, but at most ${maxBytes} are allowed`,
    note: 'maxBytes',
  });

/** Reads until the part is full or the file ends. */
const fill = async (handle: FileHandle, part: Uint8Array<ArrayBuffer>): Promise<number> => {
  let filled = 0;
  while (filled < part.length) {
    const { bytesRead } = await handle.read(part, filled, Math.min(READ, part.length - filled), null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
};

/** Reads the rest, expected to be `expected` bytes; grows geometrically if it is more. */
const readRest = async (
  handle: FileHandle,
  path: string,
  expected: number,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> => {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for (let next = expected || 2 ** 16; ; next = Math.min(READ, Math.max(2 ** 16, total))) {
    const part = new Uint8Array(Math.min(next, maxBytes + 1 - total));
    const filled = await fill(handle, part);
    total += filled;
    if (total > maxBytes) throw tooLarge(path, `more than ${maxBytes} bytes`, maxBytes);
    if (filled > 0) parts.push(filled === part.length ? part : part.subarray(0, filled));
    if (filled < part.length) break;
  }
  const [first = new Uint8Array()] = parts;
  if (parts.length <= 1) return first;
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/**
 * Reads a file, a pipe or a device up to a limit: a growing file or an endless device cannot exhaust the memory. Takes
 * at most twice the memory of the bytes, and once for a file.
 *
 * @throws FileError when it cannot be read; with the problem `too-large` when it has more than `maxBytes`, or memory is
 *   exhausted
 */
export const readFileBytes = async (path: string, options: ReadFileOptions = {}): Promise<Uint8Array<ArrayBuffer>> => {
  assertOptions('readFileBytes', options, { maxBytes: 1 });

  try {
    const handle = await open(path, 'r');
    try {
      const status = await handle.stat();
      const { maxBytes = status.isFile() ? FILE_LIMIT : STREAM_LIMIT } = options;
      const size = status.isFile() ? status.size : 0;
      if (size > maxBytes) throw tooLarge(path, `${size} bytes`, maxBytes);
      return await readRest(handle, path, size, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new FileError('too-large', path, { tried: 'read', reason: 'there is not enough memory for it', cause });
    throw describeFileError('read', path, cause);
  }
};
