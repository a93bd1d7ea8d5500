import '@tensorflow/tfjs-backend-cpu';
import { type CheckpointStore, createField, decodeFieldData, fit, siren, term } from '@neural-fields/core';
import { square } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';

test("a checkpoint keeps the caller's metadata beside the run, and is gone on from with other metadata", async () => {
  let kept: Uint8Array | undefined;
  const store: CheckpointStore = {
    read: async () => kept,
    write: async bytes => {
      kept = bytes;
    },
  };
  const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 }), { seed: 1 });
  const points = { inFeatures: 1, pointsPerStep: 2, fixed: true, draw: () => ({ coords: new Float32Array([-0.5, 0.5]) }) };
  const terms = [term({ points, loss: ({ value }) => square(value) })];
  const run = async (steps: number, title: string): Promise<void> => {
    for await (const _ of fit(field, terms, { steps, checkpoint: { store, metadata: { title } } }));
  };
  await run(2, 'a cat');
  const { metadata } = decodeFieldData(kept as Uint8Array);
  expect(metadata['title']).toBe('a cat');
  expect(JSON.parse(metadata['fit'] as string)).toMatchObject({ step: 2 });
  await run(3, 'a dog');
  expect(decodeFieldData(kept as Uint8Array).metadata['title']).toBe('a dog');
  field.dispose();
});
