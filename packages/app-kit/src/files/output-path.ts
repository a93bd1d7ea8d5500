/** @file Checks an output file before the work for it is done. */
import { lstat, readlink, realpath, stat, statfs } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { createAtomicFile, FileError, systemErrorReason } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';
import type { Explanation } from '../explanation.ts';
import { formatBytes } from '../output/format.ts';

const cannotWrite = (path: string, explanation: Explanation, options?: ErrorOptions): InputError =>
  new InputError({ what: `cannot write '${path}'`, ...explanation }, options);

/**
 * Creates and removes a file, which is the only reliable way to know that one can be created; this also removes what a
 * killed run left there.
 */
const tryToWriteIn = async (folder: string, path: string): Promise<void> => {
  try {
    await (await createAtomicFile(path)).abort();
  } catch (error) {
    const cause = error instanceof FileError ? error.cause : error;
    const problem = `its folder '${folder}' cannot be written to: ${systemErrorReason(cause)}`;
    throw cannotWrite(path, { problem }, { cause: error });
  }
};

/** The requirements on an output. */
export interface OutputPathOptions {
  /** The maximum number of bytes that will be needed at once. */
  readonly bytes?: number;
}

/**
 * Checks that a file can be written: its folder exists, is writable and has room, and the path itself is free or a
 * regular file.
 *
 * @throws InputError otherwise
 */
export const assertWritable = async (path: string, { bytes = 0 }: OutputPathOptions = {}): Promise<void> => {
  const target = await realpath(path).catch(async () => {
    if (await lstat(path).catch(() => undefined))
      throw cannotWrite(path, {
        problem: `it is a link to '${await readlink(path).catch(() => '?')}', which does not exist`,
      });
    return path;
  });
  const existing = await stat(target).catch(() => undefined);
  if (existing?.isDirectory()) throw cannotWrite(path, { problem: 'it is a folder', hint: 'name a file in it' });
  if (existing && !existing.isFile()) throw cannotWrite(path, { problem: 'it is not a regular file' });
  const folder = dirname(target);
  const place = await stat(folder).catch(() => undefined);
  if (place === undefined) throw cannotWrite(path, { problem: `there is no folder '${folder}'` });
  if (!place.isDirectory()) throw cannotWrite(path, { problem: `'${folder}' is not a folder` });
  await tryToWriteIn(folder, path);
  const { bavail, bsize } = await statfs(folder);
  const room = bavail * bsize;
  // Some network file systems report 0 for everything.
  if (room < bytes && bsize > 0)
    throw cannotWrite(path, {
      problem: `the disk has room for ${formatBytes(room)}, and ${formatBytes(bytes)} are needed`,
    });
};

/** The extension in lower case, without the dot. */
export const extensionOf = (path: string): string => extname(path).slice(1).toLowerCase();
