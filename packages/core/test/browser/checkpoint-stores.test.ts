import { expect, test } from 'vitest';
import { storageError } from '../../src/browser/storage-error.ts';
import { indexedDbCheckpointStore, opfsCheckpointStore, StorageError } from '../../src/browser.ts';

test('where there is no such storage, using it says so', async () => {
  const wanted = { name: 'StorageError', problem: 'unavailable' };
  for (const store of [indexedDbCheckpointStore('photo'), opfsCheckpointStore('fits/photo')]) {
    await expect(store.read()).rejects.toMatchObject(wanted);
    await expect(store.write(Uint8Array.of(1))).rejects.toMatchObject(wanted);
    await expect(store.remove()).rejects.toThrow(/^cannot remove the checkpoint '.*photo' in /);
  }
});

test.each(['', '/photo', 'fits/', 'fits//photo', '../photo', '.', 7])('a path cannot be %o', path => {
  expect(() => opfsCheckpointStore(path as string)).toThrow(
    `opfsCheckpointStore: path must be names joined by '/', got`,
  );
});

test.each(['', undefined])('a name cannot be %o', name => {
  expect(() => indexedDbCheckpointStore(name as string)).toThrow(TypeError);
});

test("a browser's errors are told in words, with the problem", () => {
  const full = storageError('cannot write', new DOMException('', 'QuotaExceededError'));
  expect(full).toBeInstanceOf(StorageError);
  expect(full).toMatchObject({
    problem: 'no-space',
    message: 'cannot write: the storage quota of this origin is used up',
  });
  expect(storageError('cannot write', new DOMException('', 'NoModificationAllowedError')).problem).toBe('in-use');
  expect(storageError('cannot write', 'why').message).toBe('cannot write: why');
  expect(storageError('cannot read', full)).toBe(full);
});
