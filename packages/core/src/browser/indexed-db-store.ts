import { assertOptions } from '../options.ts';
import type { RemovableCheckpointStore } from './removable-store.ts';
import { StorageError, storageError } from './storage-error.ts';

/** The options of {@link indexedDbCheckpointStore}. */
export interface IndexedDbStoreOptions {
  /** The database, which belongs to the page's origin; `neural-fields` if absent. */
  readonly database?: string;
}

/** The object store of checkpoints, by name. */
const CHECKPOINTS = 'checkpoints';

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const open = (database: string): Promise<IDBDatabase> => {
  if (typeof indexedDB === 'undefined') throw new DOMException('IndexedDB is not available', 'InvalidStateError');
  const request = indexedDB.open(database, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(CHECKPOINTS);
  return settled(request);
};

/**
 * Stores a run's checkpoint in the page's IndexedDB, as one record that a transaction replaces: after a crash the store
 * has the old checkpoint or the new one. Works in windows and workers of all browsers.
 *
 * A browser may evict stored data when it runs out of space, unless `navigator.storage.persist()` has been granted.
 *
 * @param name the key of the checkpoint, e.g. the name of the signal
 * @throws TypeError unless the name is a non-empty string; the store's methods reject with {@link StorageError}
 */
export const indexedDbCheckpointStore = (
  name: string,
  options: IndexedDbStoreOptions = {},
): RemovableCheckpointStore => {
  assertOptions('indexedDbCheckpointStore', options, { database: 1 });
  const { database = 'neural-fields' } = options;
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`indexedDbCheckpointStore: name must be a non-empty string, got ${String(name)}`);
  /** Runs a request in its own transaction, and waits until the transaction is complete. */
  const perform = async <T>(
    tried: string,
    mode: IDBTransactionMode,
    make: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const what = `cannot ${tried} the checkpoint '${name}' in IndexedDB`;
    try {
      const opened = await open(database);
      try {
        if (!opened.objectStoreNames.contains(CHECKPOINTS))
          throw new StorageError('other', what, `the database '${database}' has another schema`);
        const transaction = opened.transaction(CHECKPOINTS, mode, { durability: 'strict' });
        const complete = new Promise<void>((resolve, reject) => {
          transaction.oncomplete = () => resolve();
          transaction.onabort = () => reject(transaction.error);
        });
        const [result] = await Promise.all([settled(make(transaction.objectStore(CHECKPOINTS))), complete]);
        return result;
      } finally {
        opened.close();
      }
    } catch (cause) {
      throw storageError(what, cause);
    }
  };
  return {
    read: async () => {
      const found: unknown = await perform('read', 'readonly', store => store.get(name));
      if (found === undefined || found instanceof Uint8Array) return found;
      throw new StorageError(
        'other',
        `cannot read the checkpoint '${name}' in IndexedDB`,
        'the record is not a checkpoint',
      );
    },
    // A copy: the bytes may be part of a larger buffer, all of which would be stored.
    write: async bytes => void (await perform('write', 'readwrite', store => store.put(bytes.slice(), name))),
    remove: async () => void (await perform('remove', 'readwrite', store => store.delete(name))),
  };
};
