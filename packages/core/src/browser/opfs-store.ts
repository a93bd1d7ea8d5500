import type { RemovableCheckpointStore } from './removable-store.ts';
import { StorageError, storageError } from './storage-error.ts';

const isMissing = (error: unknown): boolean => error instanceof Error && error.name === 'NotFoundError';

/** The folders and the file name of a path. @throws TypeError when it is not the path of a file */
const splitPath = (path: string): { readonly folders: readonly string[]; readonly file: string } => {
  const parts = typeof path === 'string' ? path.split('/') : [];
  const file = parts.at(-1);
  if (file === undefined || parts.some(part => part === '' || part === '.' || part === '..'))
    throw new TypeError(`opfsCheckpointStore: path must be names joined by '/', got ${String(path)}`);
  return { folders: parts.slice(0, -1), file };
};

/**
 * Stores a run's checkpoint as a file in the page's origin private file system. The browser writes to a copy, which
 * replaces the file when it is complete, so after a crash the file is the old checkpoint or the new one.
 *
 * It needs `FileSystemFileHandle.createWritable`, which Safari has had since version 26; {@link
 * indexedDbCheckpointStore} works everywhere. A browser may evict stored data when it runs out of space, unless
 * `navigator.storage.persist()` has been granted.
 *
 * @param path e.g. `fits/photo.safetensors`; folders are created with the first checkpoint
 * @throws TypeError when the path is invalid; the store's methods reject with {@link StorageError}
 */
export const opfsCheckpointStore = (path: string): RemovableCheckpointStore => {
  const { folders, file } = splitPath(path);
  const folderOf = async (create: boolean): Promise<FileSystemDirectoryHandle> => {
    if (typeof globalThis.navigator?.storage?.getDirectory !== 'function')
      throw new DOMException('the origin private file system is not available', 'InvalidStateError');
    let folder = await navigator.storage.getDirectory();
    for (const name of folders) folder = await folder.getDirectoryHandle(name, { create });
    return folder;
  };
  const attempt = async <T>(tried: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw storageError(`cannot ${tried} the checkpoint '${path}' in the private file system`, cause);
    }
  };
  return {
    read: () =>
      attempt('read', async () => {
        try {
          const handle = await (await folderOf(false)).getFileHandle(file);
          const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
          // Empty if a page was closed between creating the file and completing its content.
          return bytes.length === 0 ? undefined : bytes;
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw error;
        }
      }),
    write: bytes =>
      attempt('write', async () => {
        const handle = await (await folderOf(true)).getFileHandle(file, { create: true });
        if (typeof handle.createWritable !== 'function')
          throw new StorageError(
            'unavailable',
            `cannot write the checkpoint '${path}'`,
            'this browser lacks createWritable; use indexedDbCheckpointStore',
          );
        const stream = await handle.createWritable();
        try {
          await stream.write(bytes.slice());
          await stream.close();
        } catch (error) {
          await stream.abort().catch(() => {});
          throw error;
        }
      }),
    remove: () =>
      attempt('remove', async () => {
        try {
          await (await folderOf(false)).removeEntry(file);
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }),
  };
};
