/**
 * @file Atomic file writes. The bytes are written to a temporary file in the same folder, flushed to disk, and renamed:
 *   a rename within a folder is atomic (POSIX.1-2024, rename()), so a reader sees the old file or the new one, also
 *   after a crash.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstat, open, readdir, readlink, realpath, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describeFileError, errorCode, FileError } from './file-error.ts';
import { isProcessAlive } from './process-alive.ts';

/** A temporary file that was not modified for this many milliseconds is stale: no write takes that long. */
const STALE_AFTER_MS = 3_600_000;

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** The prefix of the names of temporary files for `path`. */
const temporaryPrefix = (path: string): string => `.neural-fields-${shortHash(basename(path))}-`;

/**
 * The path of a temporary file for `path`: in the same folder, with the machine and the process in the name, to tell
 * later whether its writer is still running.
 */
export const temporaryPath = (path: string, pid: number = process.pid): string =>
  join(dirname(path), `${temporaryPrefix(path)}${shortHash(hostname())}-${pid}-${randomBytes(4).toString('hex')}.tmp`);

const isStale = async (path: string, writer: string, pid: number): Promise<boolean> => {
  if (writer === shortHash(hostname()) && !isProcessAlive(pid)) return true;
  const { mtimeMs } = await stat(path);
  return Date.now() - mtimeMs > STALE_AFTER_MS;
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
 * Removes the temporary files for `path` that killed processes left. Ignores failures: another writer may be removing
 * them too.
 */
const removeStaleFiles = (path: string): Promise<void> => removeStaleFilesIn(dirname(path), temporaryPrefix(path));

/**
 * Removes the temporary files of {@link writeFileAtomically} that killed processes left in a folder, for any file.
 * Files that cannot be removed stay.
 */
export const removeTemporaryFiles = (folder: string): Promise<void> => removeStaleFilesIn(folder, '');

/** Makes a rename durable: flushes the folder to disk. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (errorCode(error) !== 'EINVAL') throw error; // the file system does not support it
  } finally {
    await handle.close();
  }
};

/**
 * The file that a path refers to: links are followed.
 *
 * @throws FileError when it is a dangling link (a rename would replace the link instead of creating its target), or not
 *   a regular file
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
      reason: `it is a link to '${await readlink(path)}', which does not exist`,
    });
  });
  const existing = await stat(target);
  if (!existing.isFile())
    throw new FileError('not-a-file', path, {
      tried: 'write',
      reason: `it is ${existing.isDirectory() ? 'a folder' : 'not a regular file'}`,
    });
  return { target, mode: existing.mode & 0o777 };
};

/** A file that is written under a temporary name, and gets its own name when it is complete. */
export interface AtomicFile {
  /** Writes the next bytes. Await each call before the next. @throws FileError; then abort the file */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Flushes the bytes to disk and renames the file, replacing an older one.
   *
   * @throws FileError; the temporary file is then removed
   */
  commit(): Promise<void>;
  /** Removes what was written; an older file stays. Does nothing after `commit`, or when called again. */
  abort(): Promise<void>;
}

/**
 * Opens a file for an atomic write: at any time, also after a kill or a power failure, it has either the old content or
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
    let closed = false;
    const abort = async (): Promise<void> => {
      if (closed) return;
      closed = true;
      await handle.close().catch(() => undefined);
      await unlink(temporary).catch(() => undefined);
    };
    const commit = async (): Promise<void> => {
      try {
        if (mode !== undefined) await handle.chmod(mode);
        await handle.sync();
        await handle.close();
        await rename(temporary, target);
        closed = true;
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
 * Writes a file as {@link createAtomicFile} does.
 *
 * @throws FileError when the file system refuses; the old file is then untouched
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
