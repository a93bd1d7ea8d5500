/**
 * @file Files that are whole at any moment. The bytes go to a temporary file in the same folder, to the disk, and then
 *   under their name: a rename within a folder is atomic (POSIX.1-2024, rename()), so a reader sees the old file or the
 *   new one, also after a crash.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstat, open, readdir, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describeFileError, errorCode, FileError } from './file-error.ts';
import { isProcessAlive } from './process-alive.ts';

/** A temporary file that nobody has touched for this long is nobody's, in milliseconds: no write lasts so long. */
const STALE_AFTER = 3_600_000;

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** What the names of all temporary files for `path` begin with. */
const temporaryPrefix = (path: string): string => `.neural-fields-${shortHash(basename(path))}-`;

/**
 * The path of a temporary file for `path`: beside it, with the machine and the process in the name, so that it can be
 * told later whether its writer still lives.
 */
export const temporaryPath = (path: string, pid: number = process.pid): string =>
  join(dirname(path), `${temporaryPrefix(path)}${shortHash(hostname())}-${pid}-${randomBytes(4).toString('hex')}.tmp`);

const isStale = async (path: string, writer: string, pid: number): Promise<boolean> => {
  if (writer === shortHash(hostname()) && !isProcessAlive(pid)) return true;
  const { mtimeMs } = await stat(path);
  return Date.now() - mtimeMs > STALE_AFTER;
};

const removeStaleFilesIn = async (folder: string, prefix: string): Promise<void> => {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, of = '', writer = '', pid] =
      /^(\.neural-fields-[0-9a-f]+-)([0-9a-f]+)-(\d+)-[0-9a-f]+\.tmp$/.exec(name) ?? [];
    if (pid === undefined || !of.startsWith(prefix)) continue;
    const temporary = join(folder, name);
    if (await isStale(temporary, writer, Number(pid)).catch(() => false))
      await unlink(temporary).catch(() => undefined);
  }
};

/**
 * Removes the temporary files for `path` that killed processes left. Its failures are not the caller's: another writer
 * may be at it too.
 */
const removeStaleFiles = (path: string): Promise<void> => removeStaleFilesIn(dirname(path), temporaryPrefix(path));

/**
 * Removes the temporary files of {@link writeFileAtomically} that killed processes left in a folder, whatever files
 * they were for. What it cannot remove stays.
 */
export const removeTemporaryFiles = (folder: string): Promise<void> => removeStaleFilesIn(folder, '');

/** Makes a rename last: the folder's own data go to the disk. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (errorCode(error) !== 'EINVAL') throw error; // a file system that has no such thing
  } finally {
    await handle.close();
  }
};

/**
 * The file that a path stands for: links are followed.
 *
 * @throws FileError when it is a link to nothing (a rename would replace the link, and what it was meant for would not
 *   be there), or no regular file
 */
const resolveTarget = async (path: string): Promise<{ readonly target: string; readonly mode: number | undefined }> => {
  const entry = await lstat(path).catch(error => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (entry === undefined) return { target: path, mode: undefined };
  const target = await realpath(path).catch(async error => {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new FileError('not-found', path, {
      tried: 'write',
      reason: `it is a link to '${await readlink(path)}', which is not there`,
    });
  });
  const existing = await stat(target);
  if (!existing.isFile())
    throw new FileError('not-a-file', path, {
      tried: 'write',
      reason: `it is ${existing.isDirectory() ? 'a folder' : 'no regular file'}`,
    });
  return { target, mode: existing.mode & 0o777 };
};

/** A file that is written under a temporary name, and appears under its own when it is whole. */
export interface AtomicFile {
  /** Writes the next bytes. Wait for each call before the next. @throws FileError; abort the file then */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Brings the bytes to the disk and gives the file its name, in place of an older one. @throws FileError; the
   * temporary file is then removed
   */
  commit(): Promise<void>;
  /** Removes what was written; an older file stays. After `commit`, or a second time, it does nothing. */
  abort(): Promise<void>;
}

/**
 * Opens a file so that at any moment, also after a kill or a power failure, there is the old content under its name or
 * the new, never a part.
 *
 * A link is followed, and an existing file keeps its permissions. Temporary files that killed processes left for the
 * same path are removed.
 *
 * @throws FileError when the file system refuses, or `path` is a folder, a device or a link to nothing
 */
export const createAtomicFile = async (path: string): Promise<AtomicFile> => {
  try {
    const { target, mode } = await resolveTarget(path);
    await removeStaleFiles(target);
    const temporary = temporaryPath(target);
    const handle = await open(temporary, 'wx');
    let over = false;
    const abort = async (): Promise<void> => {
      if (over) return;
      over = true;
      await handle.close().catch(() => undefined);
      await unlink(temporary).catch(() => undefined);
    };
    const commit = async (): Promise<void> => {
      try {
        if (mode !== undefined) await handle.chmod(mode);
        await handle.sync();
        await handle.close();
        await rename(temporary, target);
        over = true;
        await syncFolder(dirname(target));
      } catch (error) {
        await abort();
        throw describeFileError('write', path, error);
      }
    };
    const write = (bytes: Uint8Array): Promise<void> =>
      handle.writeFile(bytes).catch(error => {
        throw describeFileError('write', path, error);
      });
    return { write, commit, abort };
  } catch (error) {
    throw describeFileError('write', path, error);
  }
};

/**
 * Writes a file as {@link createAtomicFile} does. @throws FileError when the file system refuses; the old file is then
 * untouched
 */
export const writeFileAtomically = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await createAtomicFile(path);
  try {
    await file.write(bytes);
  } catch (error) {
    await file.abort();
    throw error;
  }
  await file.commit();
};
