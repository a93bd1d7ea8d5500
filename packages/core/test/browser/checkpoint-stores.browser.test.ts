import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { indexedDbCheckpointStore, opfsCheckpointStore, StorageError } from '../../src/browser.ts';
import { adam, createField, type Field, type FitOptions, fit, readField, siren, term } from '../../src/index.ts';
import { smoothImage, squaredError } from '../fit/signals.ts';
import './setup-backends.ts';

beforeAll(() => setBackend('cpu'));

const fieldOf = (): Field =>
  createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 10 }), { seed: 1 });

const learn = async (field: Field, options: Partial<FitOptions>): Promise<void> => {
  const terms = [term({ points: smoothImage(8), loss: squaredError })];
  for await (const _ of fit(field, terms, { steps: 8, optimizer: adam({ learningRate: 1e-3 }), ...options }));
};

const stores = {
  IndexedDB: (name: string) => indexedDbCheckpointStore(name, { database: 'neural-fields-test' }),
  'the private file system': (name: string) => opfsCheckpointStore(`test/fits/${name}`),
};

describe.each(Object.entries(stores))('a checkpoint in %s', (_, storeOf) => {
  test('is what was written last, until it is removed', async () => {
    const store = storeOf('bytes');
    await store.remove();
    await store.remove();
    expect(await store.read()).toBeUndefined();
    // A view of a larger buffer.
    await store.write(Uint8Array.from({ length: 100 }, (_, i) => i).subarray(10, 13));
    expect(await store.read()).toEqual(Uint8Array.of(10, 11, 12));
    await store.write(Uint8Array.of(7));
    expect(await storeOf('bytes').read()).toEqual(Uint8Array.of(7));
    expect(await storeOf('others').read()).toBeUndefined();
    await store.remove();
    expect(await store.read()).toBeUndefined();
  });

  test('carries a fit on to the same bits', async () => {
    const whole = fieldOf();
    await learn(whole, {});
    const store = storeOf('fit');
    await store.remove();
    await learn(fieldOf(), { steps: 5, checkpoint: { store } });
    expect((await store.read())?.length).toBeGreaterThan(100);
    const resumed = fieldOf();
    await learn(resumed, { checkpoint: { store } });
    expect((await readField(resumed)).parameters).toEqual((await readField(whole)).parameters);
    await store.remove();
  });
});

test('an unfinished write to the private file system leaves the old checkpoint', async () => {
  const store = opfsCheckpointStore('unfinished');
  await store.write(Uint8Array.of(1, 2, 3));
  const root = await navigator.storage.getDirectory();
  const stream = await (await root.getFileHandle('unfinished')).createWritable();
  await stream.write(Uint8Array.of(9, 9));
  expect(await store.read()).toEqual(Uint8Array.of(1, 2, 3));
  await stream.abort();
  await store.remove();
  // As left by a page that was closed before its first checkpoint was complete.
  await root.getFileHandle('unfinished', { create: true });
  expect(await store.read()).toBeUndefined();
  await store.remove();
});

test('a folder in the place of the checkpoint is an error that says so', async () => {
  await (await navigator.storage.getDirectory()).getDirectoryHandle('folder', { create: true });
  await expect(opfsCheckpointStore('folder').write(Uint8Array.of(1))).rejects.toThrow(
    "cannot write the checkpoint 'folder' in the private file system: a folder has this name",
  );
});

test('a database of something else is an error', async () => {
  await new Promise(resolve => {
    indexedDB.open('other-database', 1).onsuccess = resolve;
  });
  const found = indexedDbCheckpointStore('photo', { database: 'other-database' }).read();
  await expect(found).rejects.toThrow(StorageError);
  await expect(found).rejects.toThrow(
    "cannot read the checkpoint 'photo' in IndexedDB: the database 'other-database' has another schema",
  );
});
