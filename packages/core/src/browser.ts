/** @file `@neural-fields/core/browser`: checkpoints in the storage of a web page. */

export { type IndexedDbStoreOptions, indexedDbCheckpointStore } from './browser/indexed-db-store.ts';
export { opfsCheckpointStore } from './browser/opfs-store.ts';
export type { RemovableCheckpointStore } from './browser/removable-store.ts';
export { StorageError, type StorageProblem } from './browser/storage-error.ts';
